import type { MutationReport } from './mutant.ts'

/** The score of each subject, then what nobody would notice, with file and line. */
export function printMutation({ mutants, subjects, killed, total, percent, seconds, notes }: MutationReport): string {
  const width = Math.max(0, ...subjects.map(({ subject }) => subject.length))
  const survivors = mutants.filter(({ fate }) => fate === 'survived')
  const left = mutants.filter(({ fate }) => fate === 'not counted').length
  return [
    ...subjects.map(
      one => `${one.subject.padEnd(width)}  ${share(one.killed, one.total)}  ${one.killed} of ${one.total}`,
    ),
    '',
    ...survivors.map(({ file, line, meaning }) => `${file}:${line}: nobody would notice if ${meaning}`),
    ...(survivors.length > 0 ? [''] : []),
    ...notes.map(note => `note: ${note}`),
    `${killed} of ${total} mutants noticed, ${percent.toFixed(1)} % (${left} not counted: they cannot change what the files mean, or cannot be asked) in ${seconds.toFixed(1)} s, ${(mutants.length / seconds).toFixed(0)} a second`,
  ].join('\n')
}

function share(killed: number, total: number): string {
  return `${(total === 0 ? 100 : (killed / total) * 100).toFixed(0)} %`.padStart(5)
}
