/**
 * @file Asking beside a run: the pinned prompt, which the base and every round answer, and the playground. Questions go
 * one after the other; a newer question calls off an older one.
 */
import { GREEDY } from '../../words/engine.ts';
import { LabError, throwIfCancelled } from '../../core/errors.ts';
import type { Mode } from '../../words/events.ts';
import type { Plan } from '../../words/plan.ts';
import { armOf } from '../../words/plan.ts';
import { labPorts } from '../../lab/ports.ts';
import type { TextPorts } from '../../method/items.ts';
import { inOrder, isPromptOf, wholeText } from '../../method/prompt-text.ts';
import type { RunState } from '../../method/state.ts';
import { NEW_RUN } from '../../method/state.ts';
import type { Signal } from '../../protocol/wire.ts';
import type { AnswererAdapters } from './answerer-adapters.ts';
import { answerersOf, barrierTo, isSameAnswerer, replaced, waiting } from './answerers.ts';
import type { Question } from './asking.ts';
import { Throttle } from '../clock.ts';
import type { AskedAnswer, Answerer, Pinned, Playground, PromptSeen } from './ask-state.ts';
import type { Cell } from '../live/run-state.ts';
import type { AskActions } from './ask-state.ts';
import { faultOf } from '../lab-state.ts';
import type { ModelSlice, ReadyModel } from '../model/model-slice.ts';
import type { Context } from '../plumbing.ts';
import { WITHOUT_TOKENS, followed, labelled, promptSeen } from './prompt-seen.ts';

/** Not in the page's first script: nobody asks before there is a model. */
const makers = () => import('../../method/prompt-maker.ts');

export class AskSlice {
  readonly actions: AskActions;
  readonly #context: Context;
  readonly #models: ModelSlice;
  #adapters: Promise<AnswererAdapters> | null = null;
  #pinning: { abort(): void } | null = null;
  #playing: { abort(): void } | null = null;
  /** The cell's state when the pinned prompt was made; null for none. */
  #pinnedOf: RunState | null = null;
  #pinnedRun: string | null = null;
  #inserted = 0;
  readonly #onAsking: () => void;

  /** @param onAsking the worker is about to be wanted */
  constructor(context: Context, models: ModelSlice, onAsking: () => void) {
    this.#context = context;
    this.#onAsking = onAsking;
    this.#models = models;
    this.actions = {
      promptSeen: (cell, id, mode) => this.#promptSeen(cell, id, mode),
      pin: (input, rowId) => {
        const how = { cell: null, mode: 'few-shot', drawnIn: null, chosen: null } as const;
        this.#putPinned({ input, rowId, ...how, prompt: null, answers: [] });
      },
      unpin: () => {
        this.#pinning?.abort();
        context.set({ pinned: null });
      },
      setPinned: (change) => {
        const { pinned } = context.state;
        const isOther = pinned !== null && change.cell !== undefined && change.cell !== pinned.cell;
        if (pinned !== null) this.#putPinned({ ...pinned, ...(isOther ? { drawnIn: null } : {}), ...change });
      },
      setPlayground: (change) => {
        context.set({ playground: { ...context.state.playground, ...change } });
      },
      setSampling: (change) => {
        const { playground } = context.state;
        context.set({ playground: { ...playground, sampling: { ...playground.sampling, ...change } } });
      },
      insertPrompt: (mode) => context.attempt(() => this.#insert(mode)),
      ask: () => this.#ask(),
      stopAsking: () => {
        this.#playing?.abort();
      },
      adapterHealth: async (answerer) => (await this.#adaptersHere()).health(answerer),
      saveAdapter: async (answerer) => (await this.#adaptersHere()).save(answerer),
    };
  }

  /** Not in the page's first script either. */
  #adaptersHere(): Promise<AnswererAdapters> {
    this.#adapters ??= import('./answerer-adapters.ts').then(
      (found) => new found.AnswererAdapters(this.#context, this.#models),
    );
    return this.#adapters;
  }

  /** Somebody waits for an answer. */
  isBusy(): boolean {
    return this.#pinning !== null || this.#playing !== null;
  }

  /** A round has ended, or another run is on the page: the pinned prompt is asked of who has not answered. */
  refresh(): void {
    const { pinned } = this.#context.state;
    if (pinned === null) return;
    if (this.#isMadeAnew(pinned)) {
      this.#putPinned(pinned);
      return;
    }
    const wanted = answerersOf(this.#cellOf(pinned));
    // What a recorded run had not answered yet it may have by now.
    const kept = pinned.answers.filter(
      ({ answerer, status, readBack: barrier }) =>
        wanted.some((other) => isSameAnswerer(other, answerer)) && !(barrier !== null && status === 'failed'),
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

  /** The run's of the page, or what the setup would run; null where no task is there. */
  #planOf(cell: Cell | null): Plan | null {
    const { run, tasks, setup } = this.#context.state;
    const task = run?.task ?? tasks.task;
    if (task === null) return null;
    if (cell !== null) return { task, arm: cell.arm, seed: cell.seed };
    // A setup with faults has no arm.
    return { task, arm: setup.arms[0] ?? armOf('soft', 'soft'), seed: setup.setup.seeds[0] ?? 0 };
  }

  /** Another run is on the page, or this one has labelled meanwhile what it had not asked: its own prompt is another. */
  #isMadeAnew(pinned: Pinned): boolean {
    const { run } = this.#context.state;
    if ((run?.id ?? null) !== this.#pinnedRun) return true;
    const cell = this.#cellOf(pinned);
    if (pinned.prompt?.origin.kind !== 'outside' || cell === null || cell.state === this.#pinnedOf)
      return false;
    this.#pinnedOf = cell.state;
    return labelled(cell.state, pinned.rowId).length > 0;
  }

  /** Shows it, and asks everybody anew. */
  #putPinned(pinned: Pinned): void {
    const cell = this.#cellOf(pinned);
    this.#pinnedOf = cell?.state ?? null;
    this.#pinnedRun = this.#context.state.run?.id ?? null;
    this.#context.set({ pinned: { ...pinned, answers: answerersOf(cell).map(waiting) } });
    this.#pinning?.abort();
    this.#pinning = null;
    if (this.#context.state.model.status !== 'ready')
      void this.#context.attempt(() => this.#showWithoutTokens());
    void this.#followPinned();
  }

  /** The prompt as it is shown while no model is there to say what has room. */
  async #showWithoutTokens(): Promise<void> {
    const { pinned } = this.#context.state;
    if (pinned === null) return;
    const { shown } = await this.#makePinned(pinned, WITHOUT_TOKENS);
    const now = this.#context.state.pinned;
    if (now?.prompt === pinned.prompt) this.#context.set({ pinned: { ...now, prompt: shown } });
  }

  /** @throws LabError `invalid-request` where there is no task, or no item of its pool fits */
  async #makePinned(pinned: Pinned, ports: TextPorts) {
    const cell = this.#cellOf(pinned);
    const plan = this.#planOf(cell);
    if (plan === null) throw new LabError('invalid-request', 'No task is chosen.');
    const { promptMaker } = await makers();
    return followed(await promptMaker(plan, ports), cell?.state ?? NEW_RUN, pinned);
  }

  async #followPinned(): Promise<void> {
    if (this.#pinning !== null) return; // It goes on with whoever still waits.
    const abort = this.#context.plumbing.newAbort();
    this.#pinning = abort;
    for (;;) {
      const { pinned } = this.#context.state;
      const next = pinned?.answers.find(({ status }) => status === 'waiting');
      if (pinned === null || next === undefined || abort.signal.aborted) break;
      const show = (answer: AskedAnswer) => {
        const now = this.#context.state.pinned;
        if (now === null || abort.signal.aborted) return;
        this.#context.set({ pinned: { ...now, answers: replaced(now.answers, answer) } });
      };
      const kept = await this.#readBack(pinned, next.answerer);
      if (kept !== null) {
        show(kept);
        continue;
      }
      await this.#answer(
        next,
        abort.signal,
        (ready, signal) => this.#pinnedQuestion(pinned, ready, signal),
        show,
      );
    }
    if (this.#pinning === abort) this.#pinning = null;
  }

  /** What the run kept, where its model or an adapter is not here; null where there is somebody to ask. */
  async #readBack(pinned: Pinned, answerer: Answerer): Promise<AskedAnswer | null> {
    const { run: before } = this.#context.state;
    if (before === null) return null;
    const ready = await this.#models.ready().catch(() => null);
    // Another run may have come while the model was being loaded: its refresh asks anew.
    const { run } = this.#context.state;
    const barrier = barrierTo(answerer, run, ready?.facts.sha256 ?? null);
    if (run === null || barrier === null) return null;
    const { readBack } = await import('./read-back.ts');
    await this.#context.attempt(() => this.#showWithoutTokens());
    return readBack(pinned, answerer, barrier, run, this.#cellOf(pinned));
  }

  /** What is shown is what is sent: both come from one prompt. */
  async #pinnedQuestion(
    pinned: Pinned,
    ready: ReadyModel,
    signal: Signal,
  ): Promise<Omit<Question, 'adapter'>> {
    const { prompt, shown, config } = await this.#makePinned(pinned, this.#encoder(ready, signal));
    throwIfCancelled(signal, 'The question');
    const now = this.#context.state.pinned;
    if (now !== null) this.#context.set({ pinned: { ...now, prompt: shown } });
    return { ids: prompt.ids, config, vocabSize: ready.loaded.inference.vocabSize };
  }

  #encoder({ facts }: ReadyModel, signal: Signal) {
    const { inference, training } = this.#models.services;
    return labPorts({ inference, training, model: facts, signal, now: () => 0 });
  }

  async #insert(mode: Mode): Promise<void> {
    const cell = this.#context.state.run?.cells[0] ?? null;
    const plan = this.#planOf(cell);
    const { changedItems } = await import('../../analysis/changed.ts');
    const changed = plan === null || cell === null ? [] : changedItems(plan.task, cell.state);
    // One that training changed shows more than one that it did not.
    const test = [...new Set([...changed, ...(plan?.task.splits.test ?? [])])];
    const row = test[this.#inserted++ % Math.max(1, test.length)];
    if (plan === null || row === undefined)
      throw new LabError('invalid-request', 'The task has no test item to take a prompt of.');
    const { signal } = this.#context.plumbing.newAbort();
    const isReady = this.#context.state.model.status === 'ready';
    const ports = isReady ? this.#encoder(await this.#models.ready(), signal) : WITHOUT_TOKENS;
    const { promptMaker } = await makers();
    const maker = await promptMaker(plan, ports);
    const { parts, messages } = await maker.evaluated(await maker.itemOf(row), mode);
    if (messages !== null && !isReady) {
      throw new LabError(
        'invalid-request',
        'The prompts of a chat are written by the model’s template, and no model is loaded.',
        {
          remedy: 'Wait until the model is loaded, or choose another.',
        },
      );
    }
    const text = wholeText(parts);
    // A chat is tokenised as one.
    const pieces = messages === null ? inOrder(parts).map((piece) => piece.text) : [text];
    this.#context.set({ playground: { ...this.#context.state.playground, as: 'text', text, pieces } });
  }

  async #ask(): Promise<void> {
    const { playground } = this.#context.state;
    const { text, sampling, answerers } = playground;
    if (text === '') return;
    this.#playing?.abort();
    const abort = this.#context.plumbing.newAbort();
    this.#playing = abort;
    const put = (answers: readonly AskedAnswer[]) => {
      if (!abort.signal.aborted || this.#playing === abort)
        this.#context.set({ playground: { ...this.#context.state.playground, answers } });
    };
    put(answerers.map(waiting));
    for (const answerer of answerers) {
      if (abort.signal.aborted) break;
      const question = async (ready: ReadyModel, signal: Signal) => {
        const { ids, endIds, stopStrings } = await this.#typed(playground, ready, signal);
        const eosTokenIds = [...new Set([...ready.facts.eosTokenIds, ...endIds])];
        const config = { ...GREEDY, ...sampling, eosTokenIds, stopStrings };
        return { ids, config, vocabSize: ready.loaded.inference.vocabSize };
      };
      await this.#answer(waiting(answerer), abort.signal, question, (answer) => {
        put(replaced(this.#context.state.playground.answers, answer));
      });
    }
    if (this.#playing === abort) this.#playing = null;
  }

  /** What was typed as it is sent, and what ends its answer beside the model's own end: as in a run, where it is a prompt of
   * the task. */
  async #typed({ text, pieces, as, stopAt }: Playground, ready: ReadyModel, signal: Signal) {
    const ports = this.#encoder(ready, signal);
    const plan = this.#planOf(this.#context.state.run?.cells[0] ?? null);
    const isTurn = as === 'turn' && ready.loaded.inference.hasChatTemplate;
    const isAsPut = pieces.join('') === text;
    const isOfChat = isAsPut && plan !== null && plan.arm.knobs.chat !== 'off';
    const isPrompt = plan !== null && (isOfChat || isPromptOf(plan.task.definition, text));
    const stopStrings = stopAt === 'task' && isPrompt ? [plan.task.definition.stop] : [];
    const { endIds } = isTurn || isOfChat ? await ports.chat.frame() : { endIds: [] };
    const { idsOfTexts } = await makers();
    if (!isTurn) return { ids: await idsOfTexts(ports, isAsPut ? pieces : [text]), endIds, stopStrings };
    const [written] = await ports.chat.write([[{ role: 'user', content: text }]]);
    return { ids: written?.ids ?? [], endIds, stopStrings };
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
      const adapter = (await this.#adaptersHere()).fitting(start.answerer, ready);
      const asked = { adapter, ...(await question(ready, signal)) };
      const { hear } = await import('./asking.ts');
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

  async #promptSeen(key: string, id: string, mode: Mode): Promise<PromptSeen | null> {
    const { run, model } = this.#context.state;
    const cell = run?.cells.find((candidate) => candidate.key === key);
    const row = run?.task.splits.test.find((candidate) => candidate.id === id);
    if (run === null || cell === undefined || row === undefined) return null;
    try {
      const { signal } = this.#context.plumbing.newAbort();
      const ports = model.status === 'ready' ? this.#encoder(await this.#models.ready(), signal) : null;
      const plan = { task: run.task, arm: cell.arm, seed: cell.seed };
      return await promptSeen(plan, run.model.sha256, row, mode, ports);
    } catch (thrown) {
      this.#context.fail(thrown);
      return null;
    }
  }
}
