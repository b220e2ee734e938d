/**
 * @file Asking beside a run: the pinned prompt, which the base and every round answer, and the playground. Questions go
 * one after the other; a newer question calls off an older one.
 */
import { GREEDY } from '../../words/engine.ts';
import { LabError } from '../../core/errors.ts';
import type { Mode } from '../../words/events.ts';
import { deriveKey, shuffled } from '../../core/random.ts';
import type { Task } from '../../words/task.ts';
import type { Adapter } from '../../lora/config.ts';
import { labPorts } from '../../lab/ports.ts';
import type { Signal } from '../../protocol/wire.ts';
import { answerersOf, isPromptOf, isSameAnswerer, partsOf, replaced, waiting } from './answerers.ts';
import type { Question } from './asking.ts';
import { hear } from './asking.ts';
import { Throttle } from '../clock.ts';
import type { Answerer, AskedAnswer, Cell, LabActions, Pinned, PromptSeen } from '../lab-model.ts';
import { faultOf } from '../lab-state.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import { apartInWords } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import { promptSeen } from './prompt-seen.ts';

/** Longest answers to a pinned prompt, tokens, where the knob does not say: labels are short. */
const LABEL_TOKENS = 16;
const TEXT_TOKENS = 64;

type AskActions = Pick<
  LabActions,
  | 'promptSeen'
  | 'pin'
  | 'unpin'
  | 'setPinned'
  | 'setPlayground'
  | 'setSampling'
  | 'ask'
  | 'stopAsking'
  | 'saveAdapter'
>;

export class AskSlice {
  readonly actions: AskActions;
  readonly #context: Context;
  readonly #models: ModelSlice;
  #pinning: { abort(): void } | null = null;
  #playing: { abort(): void } | null = null;
  readonly #onAsking: () => void;

  /** @param onAsking the worker is about to be wanted */
  constructor(context: Context, models: ModelSlice, onAsking: () => void) {
    this.#context = context;
    this.#onAsking = onAsking;
    this.#models = models;
    this.actions = {
      promptSeen: (cell, id, mode) => this.#promptSeen(cell, id, mode),
      pin: (input, rowId) => {
        this.#pin(input, rowId);
      },
      unpin: () => {
        this.#pinning?.abort();
        context.set({ pinned: null });
      },
      setPinned: (change) => {
        const { pinned } = context.state;
        if (pinned !== null) this.#putPinned({ ...pinned, ...change });
      },
      setPlayground: (change) => {
        context.set({ playground: { ...context.state.playground, ...change } });
      },
      setSampling: (change) => {
        const { playground } = context.state;
        context.set({ playground: { ...playground, sampling: { ...playground.sampling, ...change } } });
      },
      ask: () => this.#ask(),
      stopAsking: () => {
        this.#playing?.abort();
      },
      saveAdapter: (answerer) => this.#save(answerer),
    };
  }

  /** Somebody waits for an answer. */
  isBusy(): boolean {
    return this.#pinning !== null || this.#playing !== null;
  }

  /** A round has ended, or another run is on the page: the pinned prompt is asked of who has not answered. */
  refresh(): void {
    const { pinned } = this.#context.state;
    if (pinned === null) return;
    const wanted = answerersOf(this.#cellOf(pinned));
    const kept = pinned.answers.filter(({ answerer }) =>
      wanted.some((other) => isSameAnswerer(other, answerer)),
    );
    if (kept.length === wanted.length && pinned.answers.length === wanted.length) return;
    const fresh = wanted.filter(
      (answerer) => !kept.some((answer) => isSameAnswerer(answer.answerer, answerer)),
    );
    this.#context.set({ pinned: { ...pinned, answers: [...kept, ...fresh.map(waiting)] } });
    if (fresh.length > 0) void this.#followPinned();
  }

  #cellOf({ cell }: Pinned): Cell | null {
    const cells = this.#context.state.run?.cells ?? [];
    return cells.find(({ key }) => key === cell) ?? cells[0] ?? null;
  }

  #task(): Task | null {
    return this.#context.state.run?.task ?? this.#context.state.tasks.task;
  }

  #pin(input: string, rowId: string | null): void {
    const task = this.#task();
    if (task === null) return;
    const { setup } = this.#context.state.setup;
    const [arm] = this.#context.state.setup.arms;
    const set = arm?.knobs.demonstrations ?? 0;
    const k = set > 0 ? set : task.definition.k;
    const samples = (this.#context.state.run?.cells ?? []).flatMap(({ state }) =>
      state.rounds.flatMap((round) => round.samples),
    );
    const asked = samples.find(({ id }) => id === rowId);
    const key = deriveKey(setup.seeds[0] ?? 0, 'pinned');
    const demonstrations =
      asked?.demonstrations ??
      shuffled(task.splits.pool, key)
        .slice(0, k)
        .map(({ id }) => id);
    this.#putPinned({
      ...{ input, rowId, cell: null, mode: 'few-shot', demonstrations, prompt: '', answers: [] },
    });
  }

  /** Shows it, and asks everybody anew. */
  #putPinned(pinned: Pinned): void {
    const task = this.#task();
    if (task === null) return;
    const preamble = this.#context.state.setup.arms[0]?.knobs.preamble ?? '';
    const prompt = partsOf(task, pinned, preamble).join('');
    const answers = answerersOf(this.#cellOf(pinned)).map(waiting);
    this.#context.set({ pinned: { ...pinned, prompt, answers } });
    this.#pinning?.abort();
    this.#pinning = null;
    void this.#followPinned();
  }

  async #followPinned(): Promise<void> {
    if (this.#pinning !== null) return; // It goes on with whoever still waits.
    const abort = this.#context.plumbing.newAbort();
    this.#pinning = abort;
    for (;;) {
      const { pinned } = this.#context.state;
      const next = pinned?.answers.find(({ status }) => status === 'waiting');
      if (pinned === null || next === undefined || abort.signal.aborted) break;
      await this.#answer(
        next,
        abort.signal,
        (ready, signal) => this.#pinnedQuestion(pinned, ready, signal),
        (answer) => {
          const now = this.#context.state.pinned;
          if (now === null || abort.signal.aborted) return;
          this.#context.set({ pinned: { ...now, answers: replaced(now.answers, answer) } });
        },
      );
    }
    if (this.#pinning === abort) this.#pinning = null;
  }

  async #pinnedQuestion(
    pinned: Pinned,
    ready: ReadyModel,
    signal: Signal,
  ): Promise<Omit<Question, 'adapter'>> {
    const task = this.#task();
    if (task === null) throw new LabError('invalid-request', 'No task is chosen.');
    const knobs = this.#context.state.setup.arms[0]?.knobs;
    const encoder = this.#encoder(ready, signal);
    const parts = partsOf(task, pinned, knobs?.preamble ?? '');
    const [prefix, rows] = await Promise.all([encoder.prefixIds(), encoder.encode(parts)]);
    const limit = knobs?.maxNewTokens ?? 0;
    const usual = task.definition.kind === 'classification' ? LABEL_TOKENS : TEXT_TOKENS;
    const config = {
      ...GREEDY,
      maxNewTokens: limit > 0 ? limit : usual,
      eosTokenIds: ready.facts.eosTokenIds,
      stopStrings: [task.definition.stop],
    };
    return { ids: [...prefix, ...rows.flat()], config, vocabSize: ready.loaded.inference.vocabSize };
  }

  #encoder({ facts }: ReadyModel, signal: Signal) {
    const { inference, training } = this.#models.services;
    return labPorts({ inference, training, model: facts, signal, now: () => 0 });
  }

  async #ask(): Promise<void> {
    const { playground } = this.#context.state;
    const { text, sampling, answerers, stopAt } = playground;
    if (text === '') return;
    this.#playing?.abort();
    const abort = this.#context.plumbing.newAbort();
    this.#playing = abort;
    const put = (answers: readonly AskedAnswer[]) => {
      if (!abort.signal.aborted || this.#playing === abort)
        this.#context.set({ playground: { ...this.#context.state.playground, answers } });
    };
    const definition = stopAt === 'task' ? (this.#task()?.definition ?? null) : null;
    const stopStrings = definition !== null && isPromptOf(definition, text) ? [definition.stop] : [];
    put(answerers.map(waiting));
    for (const answerer of answerers) {
      if (abort.signal.aborted) break;
      const question = async (ready: ReadyModel, signal: Signal) => {
        const encoder = this.#encoder(ready, signal);
        const [prefix, [ids = []]] = await Promise.all([encoder.prefixIds(), encoder.encode([text])]);
        const { eosTokenIds } = ready.facts;
        const config = { ...GREEDY, ...sampling, eosTokenIds, stopStrings };
        return { ids: [...prefix, ...ids], config, vocabSize: ready.loaded.inference.vocabSize };
      };
      await this.#answer(waiting(answerer), abort.signal, question, (answer) => {
        put(replaced(this.#context.state.playground.answers, answer));
      });
    }
    if (this.#playing === abort) this.#playing = null;
  }

  /** One answerer's answer, shown as it comes; called off, what there is stands. */
  async #answer(
    start: AskedAnswer,
    signal: Signal,
    question: (ready: ReadyModel, signal: Signal) => Promise<Omit<Question, 'adapter'>>,
    show: (answer: AskedAnswer) => void,
  ): Promise<void> {
    this.#onAsking();
    let answer: AskedAnswer = { ...start, status: 'answering' };
    const throttle = new Throttle(this.#context.plumbing.clock, () => {
      show(answer);
    });
    throttle.now();
    try {
      const ready = await this.#models.ready();
      const adapter = this.#adapterOf(start.answerer, ready);
      const asked = { adapter, ...(await question(ready, signal)) };
      await hear(this.#models.services.inference, asked, signal, ({ text, tokens }) => {
        answer = { ...answer, text, tokens };
        throttle.soon();
      });
      answer = { ...answer, status: 'done' };
    } catch (thrown) {
      const error = this.#context.fail(thrown);
      const isOff = error.code === 'cancelled';
      answer = { ...answer, status: isOff ? 'done' : 'failed', fault: isOff ? null : faultOf(error) };
    }
    throttle.now();
  }

  /** null: the base. @throws LabError `adapter-mismatch` for a run of another model */
  #adapterOf(answerer: Answerer, { facts }: ReadyModel): Adapter | null {
    if (answerer.kind === 'base') return null;
    const { run, adapters } = this.#context.state;
    if (answerer.kind === 'loaded') {
      const found = adapters.find(({ name }) => name === answerer.name);
      if (found !== undefined) return found.adapter;
      throw new LabError('invalid-request', `The adapter ${answerer.name} is not loaded.`);
    }
    if (run !== null && run.model.sha256 !== facts.sha256) {
      throw new LabError('adapter-mismatch', `The run was ${apartInWords(run.model, facts)}.`);
    }
    const cell = run?.cells.find(({ key }) => key === answerer.cell);
    const adapter = cell?.state.rounds.find(({ round }) => round === answerer.round)?.adapter;
    if (adapter) return adapter;
    throw new LabError('invalid-request', `Round ${answerer.round} of ${answerer.cell} has no adapter.`);
  }

  async #promptSeen(key: string, id: string, mode: Mode): Promise<PromptSeen | null> {
    const { run, model } = this.#context.state;
    const cell = run?.cells.find((candidate) => candidate.key === key);
    const row = run?.task.splits.test.find((candidate) => candidate.id === id);
    if (run === null || cell === undefined || row === undefined) return null;
    try {
      const { signal } = this.#context.plumbing.newAbort();
      const ports = model.status === 'ready' ? this.#encoder(await this.#models.ready(), signal) : null;
      return await promptSeen(run, cell, row, mode, ports);
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }

  async #save(answerer: Answerer): ReturnType<LabActions['saveAdapter']> {
    try {
      const ready = await this.#models.ready();
      const adapter = this.#adapterOf(answerer, ready);
      if (adapter === null) throw new LabError('invalid-request', 'The base has no adapter to save.');
      const files = await this.#context.plumbing.peft.write(adapter, ready.source);
      return [...files].map(([name, bytes]) => ({ name, type: 'application/octet-stream', bytes }));
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }
}
