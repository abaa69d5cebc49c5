import { type Detector, spot } from '../finding.ts'
import { lineAndColumn } from './text.ts'

export const unexpandedVariable: Detector = {
  summary: 'an environment variable where nothing expands it',
  severity: 'blocker',
  needs: ['alertmanager'],
  detect({ texts }) {
    return texts
      .filter(({ kind }) => kind === 'alertmanager')
      .flatMap(({ file, text }) =>
        // In templates `{{ $labels }}` a dollar has another meaning.
        [...text.matchAll(/^((?:[^#\n]|(?<=\S)#)*?)(\${\w+\}|\$[A-Z][A-Z0-9_]{2,})(?![^{\n]*\}\})/gm)].map(
          ({ 1: before = '', 2: variable = '', index }) => ({
            ...spot(file, lineAndColumn(text, index + before.length)),
            subject: variable,
            happens:
              'Alertmanager does not expand environment variables: it takes the text as it stands, as a wrong password or an address that does not load',
            advice:
              'use the _file setting (smtp_auth_password_file, api_url_file ...), or render the file before the start',
          }),
        ),
      )
  },
}
