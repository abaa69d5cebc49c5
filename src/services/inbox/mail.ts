import { type AddressObject, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { closing, trackSockets } from '../hosted.ts'
import { type Addressee, parseAddressee } from './address.ts'

/** One mail, with the instant (`performance.now()`) at which its first byte arrived. */
export interface Mail {
  readonly addressee: Addressee
  readonly monotonic: number
  readonly wall: number
  readonly payload: {
    readonly from: string
    readonly to: string
    readonly subject: string
    readonly text: string
    readonly html: string
  }
}

/** Takes mail for anybody; the header X-Genesis-Receiver says for which receiver it was meant. */
export function mailServer(limit: number, take: (mail: Mail) => void): SMTPServer & AsyncDisposable {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    size: limit,
    logger: false,
    closeTimeout: 1,
    onData(stream, _session, done) {
      const [monotonic, wall] = [performance.now(), Date.now()]
      simpleParser(stream, { skipImageLinks: true })
        .then(async mail => {
          if (stream.sizeExceeded) return done(rejected(552, `the mail is larger than ${limit} bytes`))
          const header = mail.headers.get('x-genesis-receiver')
          const addressee = typeof header === 'string' ? parseAddressee(header) : undefined
          if (addressee === undefined) return done(rejected(554, 'the mail has no X-Genesis-Receiver'))
          take({
            addressee,
            monotonic,
            wall,
            payload: {
              from: mail.from?.text ?? '',
              to: [mail.to ?? []]
                .flat()
                .map((address: AddressObject) => address.text)
                .join(', '),
              subject: mail.subject ?? '',
              text: mail.text || (await textOf(mail.html || '')),
              html: mail.html || '',
            },
          })
          done()
        })
        .catch(done)
    },
  })
  server.on('error', () => {})
  return closing(server, trackSockets(server.server))
}

/** Mail of Alertmanager's default template has no plain part; the library turns HTML to text only where HTML is the whole message. */
async function textOf(html: string): Promise<string> {
  const mail = await simpleParser(Buffer.from(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`))
  return mail.text ?? ''
}

function rejected(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
