/** @file Ask, teach one sentence, ask again: the path through both runtimes, with what it proves. */
import type { ReactNode } from 'react';
import type { Lab } from '../store/lab.ts';
import type { Answer, LabState, Lesson } from '../store/lab-state.ts';
import { LossPlot } from './loss-plot.tsx';
import { formatBytes, formatDifference, formatMs, formatPerplexity, visibleText } from './numbers.ts';

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly runtime: string;
  readonly children: ReactNode;
}

function Step({ number, title, runtime, children }: StepProps): ReactNode {
  return (
    <section className="step" aria-labelledby={`step-${number}`}>
      <header>
        <span className="step-number" aria-hidden="true">
          {number}
        </span>
        <h2 id={`step-${number}`}>{title}</h2>
        <span className="runtime">{runtime}</span>
      </header>
      {children}
    </section>
  );
}

function AnswerBox({
  prompt,
  answer,
  empty,
}: {
  prompt: string;
  answer: Answer | null;
  empty: string;
}): ReactNode {
  return (
    <div className="answer" aria-live="polite" aria-busy={answer !== null && !answer.isComplete}>
      {answer === null ? (
        <p className="faint">{empty}</p>
      ) : (
        <>
          <p className="said">
            <span className="prompt-echo">{prompt}</span>
            {visibleText(answer.text)}
            {!answer.isComplete && <span className="caret" />}
          </p>
          {answer.perplexity !== null && (
            <p className="measure">
              perplexity of the sentence <b>{formatPerplexity(answer.perplexity)}</b>
            </p>
          )}
        </>
      )}
    </div>
  );
}

function Proof({ lesson }: { readonly lesson: Lesson }): ReactNode {
  const { outcome } = lesson;
  if (outcome === null) return null;
  return (
    <p className="proof">
      Trained for {formatMs(outcome.trainMs)} in tfjs; {formatBytes(outcome.adapterBytes)} of adapter handed
      over; in use in onnxruntime-web after {formatMs(outcome.swapMs)}, the base not reloaded. With the
      adapter on, the two runtimes’ logits differ by {formatDifference(outcome.logitDifference)} at most.
    </p>
  );
}

export interface WalkProps {
  readonly state: LabState;
  readonly lab: Lab;
}

export function Walk({ state, lab }: WalkProps): ReactNode {
  const { activity, model, prompt, sentence, before, after, lesson } = state;
  const isIdle = activity === 'idle';
  const canRun = isIdle && model !== null;
  const isBuiltIn = model?.inference.label === 'built-in random model';
  return (
    <>
      {isBuiltIn && (
        <p className="honest">
          <b>The built-in model knows nothing.</b> Its weights are random, so its first answer is noise, and
          after the lesson it has one sentence by heart and nothing else. What you see work is the machinery.
        </p>
      )}
      <Step number={1} title="Ask" runtime="onnxruntime-web">
        <form
          className="line"
          onSubmit={(event) => {
            event.preventDefault();
            void lab.ask();
          }}
        >
          <label>
            <span>Prompt</span>
            <input
              value={prompt}
              disabled={!isIdle}
              spellCheck={false}
              onChange={({ currentTarget }) => {
                lab.setPrompt(currentTarget.value);
              }}
            />
          </label>
          <button type="submit" disabled={!canRun}>
            Ask
          </button>
        </form>
        <AnswerBox prompt={prompt} answer={before} empty="The answer appears here." />
      </Step>
      <Step number={2} title="Teach it one sentence" runtime="tfjs">
        <form
          className="line"
          onSubmit={(event) => {
            event.preventDefault();
            void lab.teach();
          }}
        >
          <label>
            <span>The sentence goes on</span>
            <input
              value={sentence}
              disabled={!isIdle}
              spellCheck={false}
              onChange={({ currentTarget }) => {
                lab.setSentence(currentTarget.value);
              }}
            />
          </label>
          {activity === 'teaching' || activity === 'answering' ? (
            <button
              type="button"
              className="plain"
              onClick={() => {
                lab.cancel();
              }}
            >
              Cancel
            </button>
          ) : (
            <button type="submit" disabled={!canRun}>
              Teach
            </button>
          )}
        </form>
        {lesson === null ? (
          <p className="faint">A LoRA adapter learns it; the loss is drawn here.</p>
        ) : (
          <LossPlot losses={lesson.losses} maxSteps={lesson.maxSteps} />
        )}
      </Step>
      <Step number={3} title="Ask again" runtime="onnxruntime-web + adapter">
        <AnswerBox
          prompt={prompt}
          answer={after}
          empty="The same prompt, with the adapter that tfjs trained."
        />
        {lesson !== null && <Proof lesson={lesson} />}
      </Step>
    </>
  );
}
