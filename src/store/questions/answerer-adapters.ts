/** @file The adapter of one who answers: found, held against the model at hand, looked at, and saved as PEFT's files. */
import { LabError } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import { apartInWords } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import { barrierTo } from './answerers.ts';
import type { Answerer, AskActions } from './ask-state.ts';

export class AnswererAdapters {
  readonly #context: Context;
  readonly #models: ModelSlice;

  constructor(context: Context, models: ModelSlice) {
    this.#context = context;
    this.#models = models;
  }

  /** null: the base. @throws LabError `adapter-mismatch` for a run of another model */
  fitting(answerer: Answerer, { facts }: ReadyModel): Adapter | null {
    const { run } = this.#context.state;
    const isOfRun = answerer.kind === 'round' && run !== null;
    if (isOfRun && barrierTo(answerer, run, facts.sha256) === 'model') {
      throw new LabError('adapter-mismatch', `The run was ${apartInWords(run.model, facts)}.`);
    }
    return this.#adapterOf(answerer);
  }

  #adapterOf(answerer: Answerer): Adapter | null {
    if (answerer.kind === 'base') return null;
    const { run, adapters } = this.#context.state;
    if (answerer.kind === 'loaded') {
      const found = adapters.find(({ name }) => name === answerer.name);
      if (found !== undefined) return found.adapter;
      throw new LabError('invalid-request', `The adapter ${answerer.name} is not loaded.`);
    }
    const cell = run?.cells.find(({ key }) => key === answerer.cell);
    const adapter = cell?.state.rounds.find(({ round }) => round === answerer.round)?.adapter;
    if (adapter) return adapter;
    throw new LabError('invalid-request', `Round ${answerer.round} of ${answerer.cell} has no adapter.`);
  }

  /** A kept run's adapters can be looked at without its model. */
  async health(answerer: Answerer): Promise<string | null> {
    const { model, run } = this.#context.state;
    try {
      const adapter = this.#adapterOf(answerer);
      if (adapter === null) return null;
      if (adapter.absent !== undefined) return 'The file of this run was written without its adapters.';
      const ready = model.status === 'ready' ? await this.#models.ready() : null;
      const isItsModel =
        ready !== null && (answerer.kind === 'loaded' || ready.facts.sha256 === run?.model.sha256);
      return await this.#context.plumbing.peft.health(adapter, isItsModel ? ready.linears : null);
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }

  async save(answerer: Answerer): ReturnType<AskActions['saveAdapter']> {
    try {
      const ready = await this.#models.ready();
      const adapter = this.fitting(answerer, ready);
      if (adapter === null) throw new LabError('invalid-request', 'The base has no adapter to save.');
      const files = await this.#context.plumbing.peft.write(adapter, ready.source);
      return [...files].map(([name, bytes]) => ({ name, type: 'application/octet-stream', bytes }));
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }
}
