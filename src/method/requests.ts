/**
 * @file What a run asks of the model, request by request, each named by what it depends on: where two arms of a seed ask the
 * very same, the second finds it computed (lab/reuse.ts), and predictions and progress do not count it.
 */
import { deriveKey } from '../core/random.ts';
import type { EvaluatedSplit, Phase } from '../words/events.ts';
import type { KnobGroup, KnobName } from '../words/knobs.ts';
import { KNOBS, isKnobName } from '../words/knobs.ts';
import { methodOf } from '../words/methods.ts';
import type { Arm } from '../words/plan.ts';
import type { AgendaRound, Evaluating, Labelling, TaskShape, Training } from './agenda.ts';
import { agendaOf } from './agenda.ts';

/** What a prompt holds, which its length follows from. */
export type PromptKind = 'few-shot' | 'zero-shot' | 'content-free' | 'question';

/** One thing that is asked of the model. */
export interface AgendaRequest {
  readonly round: number;
  readonly phase: Phase;
  /** Answers, scores of each prompt's candidates, or optimizer steps. */
  readonly kind: 'generate' | 'score' | 'train';
  /** Whose adapter: of the base (0) or of a round; of a training, what it starts from. */
  readonly adapter: number;
  readonly items: number;
  /** null: training's examples. */
  readonly prompt: PromptKind | null;
  /** Of an evaluation. */
  readonly split: EvaluatedSplit | null;
  /** Scored behind an answer, whose prompt it shares: nothing of it is read anew. */
  readonly isBeside: boolean;
  /** Equal where two arms of a seed ask the very same. It goes by what a request can depend on: of a knob too many, less is
   * foreseen to be spared than will be. */
  readonly what: number;
}

/** What of the knobs the requests of a phase can depend on. */
function knobsIn({ knobs }: Arm, groups: readonly KnobGroup[], others: readonly KnobName[] = []): string {
  const named = Object.keys(KNOBS).filter(isKnobName);
  const taken = named.filter((name) => groups.includes(KNOBS[name].group) || others.includes(name));
  return JSON.stringify(taken.map((name) => knobs[name]));
}

/** Goes through an arm's rounds and names what each asks by what it depends on. */
class Asking {
  readonly #arm: Arm;
  readonly #isLabelled: boolean;
  /** Of the adapters by their rounds: what they were trained by. 0 is the base. */
  readonly #trained = new Map<number, number>([[0, 0]]);
  /** Of the kept samples by their rounds. */
  readonly #labels = new Map<number, number>();
  #ranking = 0;

  constructor(arm: Arm, { definition }: TaskShape) {
    this.#arm = arm;
    this.#isLabelled = definition.labels.length > 0;
  }

  round({ round, ranked, label, train, evaluate }: AgendaRound): readonly AgendaRequest[] {
    const labels = label === null || train === null ? [] : this.#label(round, label);
    const training = train === null ? [] : [this.#train(round, train)];
    const scores = evaluate.flatMap((wanted) => this.#evaluate(round, wanted));
    return [...labels, ...training, ...scores, ...(ranked === 0 ? [] : [this.#rank(ranked)])];
  }

  #of(round: number): number {
    return this.#trained.get(round) ?? 0;
  }

  #label(round: number, label: Labelling): readonly AgendaRequest[] {
    const { teacher, parts, votes, reads, prompt, source, isScored } = label;
    const { promptsPerRound: items } = this.#arm.knobs;
    const who = teacher === 'key' ? 'key' : this.#of(teacher);
    const drawn = knobsIn(this.#arm, ['demonstrations', 'labelling', 'order', 'isara'], ['promptsPerRound']);
    // Questions are written after all that went before.
    const before = source === 'questions' ? `${round} ${[...this.#labels.values()].join()}` : this.#ranking;
    const whats = parts.map(({ part, key }) => deriveKey('label', source, who, part, key, drawn, before));
    this.#labels.set(round, deriveKey(whats.join(), knobsIn(this.#arm, ['filters'], ['rounds'])));
    if (teacher === 'key') return [];
    const phase = 'label';
    const asked = { round, phase, adapter: teacher, items, split: null, isBeside: false } as const;
    const kind = isScored ? 'score' : 'generate';
    return whats.flatMap((what) => {
      const answers = Array.from({ length: votes * reads }, (_, read) => ({
        ...({ ...asked, kind, prompt, what: deriveKey(what, read) } as const),
      }));
      const question = { ...asked, kind: 'generate', prompt: 'question', what } as const;
      return source === 'questions' ? [question, ...answers] : answers;
    });
  }

  #train(round: number, { start, steps, trainsOn }: Training): AgendaRequest {
    const setup = knobsIn(this.#arm, ['training', 'order'], ['replay', 'promptsPerRound']);
    // Of the pool, what demonstrations are drawn from; of earlier rounds all that they kept.
    const shown = knobsIn(this.#arm, ['demonstrations']);
    const { replay } = this.#arm.knobs;
    const takesEarlier = replay > 0 || trainsOn.includes('earlier');
    const rows = [...this.#labels].flatMap(([of, what]) => (of === round || takesEarlier ? [what] : []));
    const by = [this.#of(start ?? 0), steps, trainsOn.join(), round, setup, shown, rows.join()];
    const what = deriveKey('train', ...by);
    this.#trained.set(round, what);
    const asked = { round, phase: 'train', kind: 'train', adapter: start ?? 0, items: steps } as const;
    return { ...asked, prompt: null, split: null, isBeside: false, what };
  }

  #evaluate(round: number, wanted: Evaluating): readonly AgendaRequest[] {
    const { split, mode, items, isConstrained, reads } = wanted;
    const isOwn = methodOf(this.#arm.method).fewShot === 'own';
    const { drawing } = this.#arm.knobs;
    const alone: readonly KnobName[] = ['chat', 'system', 'poolSize', 'maxNewTokens'];
    const shown: readonly KnobName[] = mode === 'few-shot' ? ['preamble', 'demonstrations'] : [];
    const by = [this.#of(round), split, mode, items, knobsIn(this.#arm, [], [...alone, ...shown])];
    const what = (kind: string) => deriveKey(kind, ...by, isOwn && mode === 'few-shot' ? drawing : '');
    const asked = { round, phase: 'evaluate', adapter: round, split, isBeside: false } as const;
    const scored = { ...asked, kind: 'score', items, prompt: mode, what: what('score') } as const;
    // What the labels score without any content, for contextual calibration.
    const free = { ...scored, items: 1, prompt: 'content-free', what: what('content-free') } as const;
    // What the labels score after each prompt, and after the same demonstrations without content.
    const bare = { ...scored, what: what('scores without content') };
    if (reads > 0) return reads === 2 ? [scored, bare] : [scored];
    return [
      { ...asked, kind: 'generate', items, prompt: mode, what: what('generate') },
      ...(isConstrained ? [{ ...scored, isBeside: true }] : []),
      ...(isConstrained && this.#isLabelled && mode === 'zero-shot' ? [free] : []),
    ];
  }

  #rank(items: number): AgendaRequest {
    const drawn = knobsIn(this.#arm, ['demonstrations', 'labelling'], ['rounds', 'promptsPerRound']);
    const what = deriveKey('rank', items, drawn);
    this.#ranking = what;
    const asked = { round: 0, phase: 'rank', kind: 'generate', adapter: 0, items } as const;
    return { ...asked, prompt: 'few-shot', split: null, isBeside: false, what };
  }
}

/** All requests of a run, in order. */
export function requestsOf(arm: Arm, shape: TaskShape): readonly AgendaRequest[] {
  const asking = new Asking(arm, shape);
  return agendaOf(arm, shape).rounds.flatMap((round) => asking.round(round));
}

/** What each arm of a seed asks that neither it nor one before it has asked. */
export function newRequests(
  arms: readonly Arm[],
  shape: TaskShape,
): ReadonlyMap<Arm, readonly AgendaRequest[]> {
  const known = new Set<number>();
  return new Map(
    arms.map((arm) => {
      const fresh = requestsOf(arm, shape).filter(({ what }) => {
        const isNew = !known.has(what);
        known.add(what);
        return isNew;
      });
      return [arm, fresh];
    }),
  );
}
