import { messageOf } from '../model/errors.ts'

export interface Swept {
  readonly removed: readonly { readonly what: string; readonly name: string }[]
  readonly failed: readonly {
    readonly what: string
    readonly name: string
    readonly message: string
    /** The command that removes it by hand. */
    readonly undo: string
  }[]
  /** The runs of dead harnesses, with what their journals said. */
  readonly runs: readonly { readonly run: string; readonly journal: string | undefined }[]
}

/** Removes one thing after the other; one that resists does not keep the others. */
export class Sweep {
  readonly #removed: { what: string; name: string }[] = []
  readonly #failed: { what: string; name: string; message: string; undo: string }[] = []
  readonly #runs: { run: string; journal: string | undefined }[] = []

  /** `work` gives false when there was nothing to remove. */
  async remove(what: string, name: string, undo: string, work: () => Promise<unknown>): Promise<void> {
    try {
      if ((await work()) !== false) this.#removed.push({ what, name })
    } catch (error) {
      this.#failed.push({ what, name, message: messageOf(error), undo })
    }
  }

  run(run: string, journal: string | undefined): void {
    this.#runs.push({ run, journal })
  }

  outcome(): Swept {
    return { removed: this.#removed, failed: this.#failed, runs: this.#runs }
  }
}
