import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { exitCodes } from '../model/errors.ts'
import { endOnSignal } from './end-on-signal.ts'
import { failure } from './failure.ts'
import { version } from './version.ts'

// Each body is imported when its command is called: `check` must not wait for what only `run` needs.
const program = new Command('genesis-drill')
  .description('Proves that monitoring and disaster recovery work: real engines, real failures, evidence.')
  .version(version())
  .exitOverride()
  .showHelpAfterError('(genesis-drill --help lists the commands)')
  .addHelpText(
    'after',
    '\nExit codes: 0 met, 1 unmet, 2 unknown, 3 rollback failed, 64 a file is wrong, 69 the environment, 70 a bug of ours.',
  )

// These two have an orderly end of their own: a rollback, the closing of a server.
const ENDS_ITSELF = new Set(['run', 'metrics'])
program.hook('preAction', (_, command) => {
  if (!ENDS_ITSELF.has(command.name())) endOnSignal()
})

let code: number = exitCodes.met
async function ends(body: Promise<number>): Promise<void> {
  code = await body
}

const runtime = new Option('--runtime <name>', 'where the services run')
  .choices(['container', 'process'])
  .env('GENESIS_DRILL_RUNTIME')
const json = ['--json', 'print one JSON document instead of text'] as const
const rules = ['--rules <files...>', 'rule files, folders or patterns'] as const
const alertmanager = ['--alertmanager <file>', 'the Alertmanager configuration'] as const
const min = new Option('--min <percent>', 'exit 1 below this share').argParser(percent)
const reports = ['--reports <folder>', 'the run archive', 'reports'] as const

program
  .command('run')
  .description('run a drill, or scenarios, on real engines')
  .argument('<files...>', 'a drill file, or scenario files')
  .addOption(runtime)
  .option('--time-scale <K>', 'drill seconds in one wall second, instead of what the scenarios say', scale)
  .option('--scenario <names...>', 'only these scenarios of the drill')
  .option(...reports)
  .option(...json)
  .action((files, options) => ends(import('./run.ts').then(({ runCommand }) => runCommand(files, options))))

program
  .command('validate')
  .description('read drills and scenarios and tell everything that is wrong with them')
  .argument('<files...>')
  .option(...json)
  .action((files, options) =>
    ends(import('./validate.ts').then(({ validateCommand }) => validateCommand(files, options))),
  )

program
  .command('check')
  .description('prove rules and routes with promtool and Alertmanager, without a drill')
  .argument('<paths...>', 'scenarios, promtool unit tests, route tests, or folders of them')
  .option('--no-cache', 'ask the engines again even if nothing changed')
  .option('--changed <ref>', 'only what git says has changed since, with all that depends on it')
  .option('--junit <file>', 'write JUnit XML')
  .option('--github', 'print GitHub annotations')
  .option(...json)
  .action((paths, options) => ends(import('./check.ts').then(({ checkCommand }) => checkCommand(paths, options))))

program
  .command('coverage')
  .description('what no test or scenario exercises')
  .argument('<tests...>', 'tests and scenarios')
  .requiredOption(...rules)
  .option(...alertmanager)
  .option(...reports)
  .addOption(min)
  .option(...json)
  .action((paths, options) =>
    ends(import('./coverage.ts').then(({ coverageCommand }) => coverageCommand(paths, options))),
  )

program
  .command('mutate')
  .description('change one thing at a time and ask whether any test notices')
  .argument('<tests...>', 'tests and scenarios')
  .requiredOption(...rules)
  .option(...alertmanager)
  .option('--html <file>', 'write a page')
  .addOption(min)
  .option(...json)
  .action((paths, options) => ends(import('./mutate.ts').then(({ mutateCommand }) => mutateCommand(paths, options))))

program
  .command('generate')
  .description('write tests and scenarios for every alert, recording rule and route')
  .requiredOption(...rules)
  .option(...alertmanager)
  .requiredOption('--out <folder>', 'where they are written')
  .option(...json)
  .action(options => ends(import('./generate.ts').then(({ generateCommand }) => generateCommand(options))))

program
  .command('init')
  .description('find the rules and routes of a repository, generate tests, prove them, leave a working set-up')
  .argument('[folder]', 'the repository', '.')
  .option(...json)
  .action((folder, options) => ends(import('./init.ts').then(({ initCommand }) => initCommand(folder, options))))

program
  .command('audit')
  .description('find what no test would: dead routes, alerts that resolve when their exporter dies, silent bands ...')
  .option(...rules)
  .option(...alertmanager)
  .option('--prometheus <file>', 'the Prometheus configuration')
  .option('--dashboards <files...>', 'Grafana dashboards')
  .option('--objectives <file>', 'SLA table and objectives')
  .option('--docs <files...>', 'runbooks and documents whose commands and snippets are looked at')
  .option('--severity <least>', 'the least severity that is shown and counts', 'low')
  .option(...json)
  .action(options => ends(import('./audit.ts').then(({ auditCommand }) => auditCommand(options))))

program
  .command('scale')
  .description('print rule, Alertmanager or Prometheus files as they are run at a time scale, and what is refused')
  .argument('<files...>')
  .requiredOption('--time-scale <K>', 'drill seconds in one wall second', scale)
  .option('--wall <metrics...>', 'metrics that real services move at their own speed')
  .action((files, options) => ends(import('./scale.ts').then(({ scaleCommand }) => scaleCommand(files, options))))

program
  .command('report')
  .description('render the reports of a record again')
  .argument('<record>', 'record.json')
  .option('--formats <names...>', 'only these')
  .option('--out <folder>', 'where; default: beside the record')
  .action((record, options) => ends(import('./report.ts').then(({ reportCommand }) => reportCommand(record, options))))

program
  .command('metrics')
  .description('the metrics of all runs in the archive, for a scrape, a textfile or a Pushgateway')
  .option(...reports)
  .option('--listen <address>', 'serve /metrics, for example 127.0.0.1:9877')
  .option('--textfile <file>', 'write for the node exporter')
  .option('--push <url>', 'push to a Pushgateway')
  .action(options => ends(import('./metrics.ts').then(({ metricsCommand }) => metricsCommand(options))))

program
  .command('sla')
  .description('evaluate an SLA table against a Prometheus, now and over a window, with its error budget')
  .argument('<file>', 'the SLA table')
  .requiredOption('--prometheus <url>', 'the server to ask')
  .option('--window <duration>', 'how far back', '30d')
  .option('--html <file>', 'write a page')
  .option(...json)
  .action((file, options) => ends(import('./sla.ts').then(({ slaCommand }) => slaCommand(file, options))))

program
  .command('kinds')
  .description('what can stand under "kind:"')
  .argument('[name]', 'one kind, with its keys and an example')
  .option(...json)
  .action((name, options) => ends(import('./kinds.ts').then(({ kindsCommand }) => kindsCommand(name, options))))

program
  .command('schema')
  .description('print a JSON Schema for editors')
  .argument('<what>', 'scenario, drill, record or routes')
  .action(what => ends(import('./schema.ts').then(({ schemaCommand }) => schemaCommand(what))))

program
  .command('doctor')
  .description('what is installed, in which version, and how to get what is missing')
  .option(...json)
  .action(options => ends(import('./doctor.ts').then(({ doctorCommand }) => doctorCommand(options))))

program
  .command('clean')
  .description('roll back and remove what runs that were killed have left behind')
  .option(...json)
  .action(options => ends(import('./clean.ts').then(({ cleanCommand }) => cleanCommand(options))))

try {
  await program.parseAsync()
} catch (error) {
  code =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? exitCodes.met
        : exitCodes.author
      : failure(error, process.stderr)
}
// A natural end lets pipes drain; what still holds the process open is a defect that a test would see as a hang.
process.exitCode = code

function percent(text: string): number {
  const value = Number(text.replace(/%$/, ''))
  if (text === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('expected a percentage from 0 to 100')
  return value
}

function scale(text: string): number {
  const value = Number(text)
  if (!(value >= 1 && value <= 10_000)) throw new InvalidArgumentError('expected a number from 1 to 10000')
  return value
}
