/** @file The playground: any text, answered by the base and the rounds' adapters side by side. */
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { PerplexityLegend } from '../inside/perplexity-legend.tsx';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { perplexityScale, tokenPerplexity } from '../words/perplexity.ts';
import { AdapterLoad } from './adapter-load.tsx';
import { AnswerCard } from './answer-card.tsx';
import { AnswererChoice } from './answerer-choice.tsx';
import { answererTitle, answerersHere, chosenHere, firstChoice, keyOf } from './answerers.ts';
import { PromptField } from './prompt-field.tsx';
import { SamplingFields } from './sampling-fields.tsx';
import { useAsked } from './use-asked.ts';
import './playground.css';

/** The whole run is the first choice, until somebody chose or asked. */
function useFirstChoice(): void {
  const asked = useAsked();
  const { run } = asked;
  const { answerers, answers } = useLab((state) => state.playground);
  const actions = useActions();
  const isUntouched = answers.length === 0 && answerers.length === 1 && answerers[0]?.kind === 'base';
  const seen = useRef<string | null>(null);
  useEffect(() => {
    // Once for each run that comes on the page: a choice made since stands.
    if (run === null || seen.current === run.id) return;
    seen.current = run.id;
    if (isUntouched) actions.setPlayground({ answerers: firstChoice(asked) });
  }, [asked, run, isUntouched, actions]);
}

function Empty(): ReactNode {
  const name = useLab((state) => state.model.ref.name);
  const isChat = useLab((state) => state.model.loaded?.inference.hasChatTemplate ?? false);
  const what = isChat
    ? 'It is a chat model: it answers a user’s turn, and has a template that writes one.'
    : 'It is a base model: it answers no questions, it continues.';
  return (
    <div className="play-empty">
      <p>
        <b>{name} goes on from any text.</b> {what} Give it a prompt of the task, with and without
        demonstrations, and see what training moved into the weights.
      </p>
      <p className="soft">
        Each answer shows its tokens, tinted by how unsure the model was, and for each token the five
        likeliest.
      </p>
    </div>
  );
}

export function PlaygroundView(): ReactNode {
  const asked = useAsked();
  const { run } = asked;
  const adapters = useLab((state) => state.adapters);
  const playground = useLab((state) => state.playground);
  const status = useLab((state) => state.model.status);
  const actions = useActions();
  useFirstChoice();
  const chosen = chosenHere(playground.answerers, answerersHere(asked, adapters));
  const isAsking = playground.answers.some((answer) => answer.status === 'answering');
  const tokens = playground.answers.flatMap((answer) => answer.tokens);
  const scale = perplexityScale(tokens.map(({ probability }) => tokenPerplexity(probability)));
  const isBehindRun = run?.kind === 'live' && run.status === 'running';
  const why =
    status === 'loading'
      ? 'The model is still being loaded.'
      : status !== 'ready'
        ? 'No model is loaded.'
        : chosen.length === 0
          ? 'Choose who answers.'
          : playground.text === ''
            ? 'Type a text first.'
            : null;
  const ask = () => {
    if (why !== null || isAsking) return;
    actions.setPlayground({ answerers: chosen });
    void actions.ask();
  };
  return (
    <div className="play-view">
      <div className="play-side">
        <AnswererChoice />
        <SamplingFields />
        <AdapterLoad />
      </div>
      <div className="play-main">
        <h2 className="sr-only">Playground</h2>
        <PromptField onAsk={ask}>
          <div className="button-row play-ask">
            {isAsking ? (
              <Button
                isLarge
                onPress={() => {
                  actions.stopAsking();
                }}
              >
                Stop
              </Button>
            ) : (
              <Button look="strong" isLarge isDisabled={why !== null} onPress={ask}>
                Ask
              </Button>
            )}
            <span className="field-note">
              {isAsking
                ? isBehindRun
                  ? 'A run is under way; questions go between its steps.'
                  : 'They answer one after the other.'
                : (why ?? 'Ctrl+Enter asks too.')}
            </span>
          </div>
        </PromptField>
        {playground.answers.length === 0 ? (
          <Empty />
        ) : (
          <ul className="answers">
            {playground.answers.map((answer) => (
              <AnswerCard
                key={keyOf(answer.answerer)}
                title={answererTitle(answer.answerer, run)}
                answer={answer}
                scale={scale}
              />
            ))}
          </ul>
        )}
        {tokens.length > 0 && <PerplexityLegend scale={scale} />}
      </div>
    </div>
  );
}
