import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a repository needs so that its pull requests are checked. */
export interface SetUp {
  readonly path: string
  readonly text: string
  /** It tells people what to do, instead of being used by a machine. */
  readonly note?: true
}

const RUN = 'genesis-drill check genesis-drill'

/** The CI definition for where the repository lives, and a README of the folder. */
export function setUpFor(
  folder: string,
  facts: { readonly rules: readonly string[]; readonly alertmanager: string | undefined },
): SetUp[] {
  const again = [
    'genesis-drill generate',
    `--rules ${facts.rules.join(' ')}`,
    ...(facts.alertmanager === undefined ? [] : [`--alertmanager ${facts.alertmanager}`]),
    '--out genesis-drill',
  ].join(' ')
  return [{ path: 'genesis-drill/README.md', text: readme(again), note: true }, ...ciFor(folder)]
}

function readme(again: string): string {
  return `# Tests of the alert rules and routes

Written by \`genesis-drill init\`. \`${RUN}\` proves them; CI runs it on every change.

| folder or file | what it holds |
|---|---|
| \`alerts/\` | promtool unit tests: each alert fires, stays quiet just beside its thresholds and resolves |
| \`scenarios/\` | the same input for live runs: \`genesis-drill run genesis-drill/scenarios/.../*.yaml\` |
| \`routes.yml\` | who hears of what, as Alertmanager itself decides |

A red test after a change says that an alert behaves differently. Where that is what was wanted, generate again and review the difference:

\`\`\`sh
${again}
\`\`\`

How much the tests would notice: \`genesis-drill mutate\`, \`genesis-drill coverage\`.
`
}

function ciFor(folder: string): SetUp[] {
  const gitlab = existsSync(join(folder, '.gitlab-ci.yml'))
  if (gitlab) {
    const path = 'genesis-drill/gitlab-ci.yml'
    return includes(folder, '.gitlab-ci.yml', path) ? [] : [{ path, text: GITLAB, note: true }]
  }
  const path = '.github/workflows/genesis-drill.yml'
  return existsSync(join(folder, path)) ? [] : [{ path, text: GITHUB }]
}

function includes(folder: string, file: string, text: string): boolean {
  return readFileSync(join(folder, file), 'utf8').includes(text)
}

const INSTALL = 'apt-get update && apt-get install -y --no-install-recommends prometheus prometheus-alertmanager'
const FETCH =
  'git clone --depth 1 "$GENESIS_DRILL_REPOSITORY" /tmp/genesis-drill && npm ci --omit=dev --prefix /tmp/genesis-drill'

const GITHUB = `name: alert rules and routes
on:
  pull_request:
  push:
    branches: [main, master]
jobs:
  check:
    runs-on: ubuntu-latest
    env:
      # Where genesis-drill is cloned from; a variable of the repository or the organisation.
      GENESIS_DRILL_REPOSITORY: \${{ vars.GENESIS_DRILL_REPOSITORY }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: sudo ${INSTALL.replace('&& apt-get', '&& sudo apt-get')}
      - run: ${FETCH}
      - run: node /tmp/genesis-drill/src/app/cli.mjs check --github genesis-drill
`

const GITLAB = `# In .gitlab-ci.yml:  include: genesis-drill/gitlab-ci.yml   with the variable GENESIS_DRILL_REPOSITORY set.
genesis-drill:
  image: node:24-bookworm
  before_script:
    - ${INSTALL}
    - ${FETCH}
  script:
    - node /tmp/genesis-drill/src/app/cli.mjs check --junit check.xml genesis-drill
  artifacts:
    when: always
    reports: { junit: check.xml }
`
