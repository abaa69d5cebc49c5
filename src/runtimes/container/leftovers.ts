import { claimIn, RUN_LABEL } from '../labels.ts'
import { fate } from '../state.ts'
import type { Sweep } from '../sweep.ts'
import { type Engine, engineLikely, reachEngine } from './engine.ts'

/** Containers, networks and volumes of dead harnesses. Without an engine that answers there is nothing to be done. */
export async function sweepEngine(sweep: Sweep, state: string): Promise<void> {
  if (!engineLikely()) return
  const engine = await reachEngine().catch(() => undefined)
  if (engine) await sweepThings(sweep, engine, state)
}

async function sweepThings(sweep: Sweep, engine: Engine, state: string): Promise<void> {
  const { dockerode } = engine.container
  const filters = { label: [RUN_LABEL] }
  const dead = (labels: Readonly<Record<string, string>> | null | undefined): boolean => {
    const claim = claimIn(labels)
    return claim?.state === state && fate(claim.owner) === 'dead'
  }
  const containers = (await dockerode.listContainers({ all: true, filters })).filter(({ Labels }) => dead(Labels))
  await Promise.all(
    containers.map(({ Id, Names: [name = Id] }) =>
      sweep.remove('container', name.replace(/^\//, ''), `docker rm -f -v ${Id.slice(0, 12)}`, () =>
        dockerode.getContainer(Id).remove({ force: true, v: true }),
      ),
    ),
  )
  // Networks and volumes can only go when no container uses them.
  for (const { Id, Name, Labels } of await dockerode.listNetworks({ filters })) {
    if (!dead(Labels)) continue
    await sweep.remove('network', Name, `docker network rm ${Name}`, () => dockerode.getNetwork(Id).remove())
  }
  for (const { Name, Labels } of (await dockerode.listVolumes({ filters })).Volumes ?? []) {
    if (!dead(Labels)) continue
    await sweep.remove('volume', Name, `docker volume rm ${Name}`, () =>
      dockerode.getVolume(Name).remove({ force: true }),
    )
  }
}
