import { EnvironmentError, messageOf } from '../../model/errors.ts'
import { images } from '../images.ts'
import { type Claim, labelsOf } from '../labels.ts'
import { onlyFile } from './archive.ts'
import { withIdleBox } from './box.ts'
import { addressTowards, type Engine, isOurs, type Network } from './engine.ts'
import type { Image } from './image.ts'

/** A user of an image, by number. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** What all containers of one stack have in common. */
export interface Site {
  readonly engine: Engine
  /** Begins the names of everything on the engine. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly network: Network
  /** Where servers of the harness listen so that containers reach them. */
  readonly bind: string
  /** Where the engine publishes ports, and how we reach them. */
  readonly publish: { readonly bind: string; readonly host: string }
  readonly reaper: boolean
}

export async function openSite(engine: Engine, name: string, claim: Claim): Promise<Site> {
  const labels = labelsOf(claim)
  const reaper = process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true' && (await hasReaper(engine))
  const network = await createNetwork(engine, name, labels)
  try {
    return { engine, name, labels, network, reaper, ...(await wayBetween(engine, network)) }
  } catch (error) {
    await network.remove().catch(() => {})
    throw error
  }
}

const accounts = new Map<string, Promise<Account>>()

/** The user that a service of this image runs as: the image's own, or the unprivileged one. */
export function accountOf(site: Site, image: Image, unprivileged: boolean): Promise<Account> {
  const name = (unprivileged ? images[image.program].user : image.user) || 'root'
  const key = `${image.id} ${name}`
  const known = accounts.get(key)
  if (known) return known
  const asked = lookUp(site, image, name).catch(error => {
    accounts.delete(key)
    throw error
  })
  accounts.set(key, asked)
  return asked
}

async function lookUp({ engine, labels }: Site, image: Image, name: string): Promise<Account> {
  const [user = '', group] = name.split(':')
  if (user === 'root' || user === '0') return { name: 'root', uid: 0, gid: 0 }
  const passwd = await withIdleBox(engine, { image, labels, volumes: [] }, async container =>
    onlyFile(await container.getArchive({ path: '/etc/passwd' })),
  )
  const fields = passwd.split('\n').map(line => line.split(':'))
  const entry = fields.find(([known, , uid]) => known === user || uid === user)
  if (entry) return { name, uid: Number(entry[2]), gid: Number(group ?? entry[3]) }
  if (/^\d+$/.test(user)) return { name, uid: Number(user), gid: Number(group ?? 0) }
  throw new EnvironmentError(`the image ${image.name} has no user ${user}`, {
    advice: 'use the official image, or build the local ones anew: npm run images -- --force',
  })
}

async function createNetwork(engine: Engine, name: string, labels: Readonly<Record<string, string>>): Promise<Network> {
  try {
    return await engine.network.create({ Name: name, Driver: 'bridge', Labels: { ...labels } })
  } catch (cause) {
    throw new EnvironmentError(`the network ${name} could not be made: ${messageOf(cause)}`, {
      cause,
      advice: 'genesis-drill clean removes what earlier runs left; docker network prune removes unused ones',
    })
  }
}

/** An engine on this machine reaches us at its network's gateway; one elsewhere at the address by which we reach it. */
async function wayBetween(engine: Engine, network: Network): Promise<Pick<Site, 'bind' | 'publish'>> {
  const { host } = engine.info.containerRuntime
  const details = (await network.inspect()) as { IPAM?: { Config?: { Gateway?: string }[] } }
  const gateway = details.IPAM?.Config?.find(config => config.Gateway)?.Gateway?.split('/')[0]
  if (gateway && (await isOurs(gateway))) return { bind: gateway, publish: { bind: '127.0.0.1', host: '127.0.0.1' } }
  const port = Number(/:(\d+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1] ?? 2375)
  const bind = host === 'localhost' ? undefined : await addressTowards(host, port)
  if (bind) return { bind, publish: { bind: '0.0.0.0', host } }
  throw new EnvironmentError(
    `the engine on ${host} runs containers that cannot reach this harness: the gateway ${gateway} is not this machine's`,
    { advice: "run the harness on the engine's own machine, or use --runtime process" },
  )
}

async function hasReaper({ container }: Engine): Promise<boolean> {
  const wanted = process.env['RYUK_CONTAINER_IMAGE'] ?? 'testcontainers/ryuk:0.14.0'
  return container.dockerode
    .getImage(wanted)
    .inspect()
    .then(
      () => true,
      () => false,
    )
}
