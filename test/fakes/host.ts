/** What a fake program needs to know of the fake service that it runs in. */
export interface FakeHost {
  readonly upstream: string | undefined
  readonly fenced: boolean
  /** As a client meets it: a dead one refuses, a frozen one says nothing until it is thawed. */
  answers(): Promise<void>
  identity(): string
}
