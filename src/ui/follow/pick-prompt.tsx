/** @file Before a prompt is pinned: what the view is for, some prompts to begin with, a field for one's own. */
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import type { Task } from '../../words/task.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { Button } from '../kit/button.tsx';
import { TextBox } from '../kit/text-box.tsx';
import { ViewEmpty } from '../kit/view-empty.tsx';
import { useActions } from '../lab-context.ts';
import { rowsOf } from '../samples/sample-rows.ts';

const SUGGESTIONS = 6;

interface Suggestion {
  readonly rowId: string;
  readonly input: string;
  readonly why: string;
}

/** Test items whose answer flipped most in this run; before one, the task's first prompts. */
function suggestionsOf(run: RunView | null, task: Task): readonly Suggestion[] {
  const flipped = (run === null ? [] : rowsOf(run, 'test/zero-shot'))
    .filter(({ flips, cell }) => flips > 0 && cell === run?.cells[0]?.key)
    .toSorted((a, b) => b.flips - a.flips)
    .slice(0, SUGGESTIONS)
    .map(({ rowId, input, flips }) => ({
      ...{ rowId, input },
      why: flips === 1 ? 'flipped once' : `flipped ${flips} times`,
    }));
  if (flipped.length > 0) return flipped;
  return task.splits.prompts.slice(0, SUGGESTIONS).map(({ id, input }) => ({ rowId: id, input, why: '' }));
}

export function OwnPrompt({
  label,
  value,
  button,
  onAsk,
}: {
  readonly label: string;
  readonly value: string;
  readonly button: string;
  readonly onAsk: (text: string) => void;
}): ReactNode {
  const [text, setText] = useState(value);
  const isReady = text.trim() !== '' && text !== value;
  return (
    <form
      className="own-prompt"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onAsk(text.trim());
      }}
    >
      <TextBox label={label} value={text} onChange={setText} />
      <Button type="submit" isDisabled={!isReady}>
        {button}
      </Button>
    </form>
  );
}

/** What is asked; of an imported task its description tells which files it came from. */
const aboutTask = ({ definition: { role, description } }: Task): string =>
  role === 'imported' || description === '' ? '' : `: ${description}`;

export function PickPrompt({ run, task }: { readonly run: RunView | null; readonly task: Task }): ReactNode {
  const actions = useActions();
  const suggestions = useMemo(() => suggestionsOf(run, task), [run, task]);
  if (task.areTextsLeftOut === true)
    return (
      <ViewEmpty className="follow-empty" title="Follow one sentence">
        <p>
          This run was recorded without the texts of its task, so there is no sentence to follow; how the
          answer to a row changed stands behind the button “Follow” of each row in Samples.
        </p>
      </ViewEmpty>
    );
  return (
    <ViewEmpty className="follow-empty" title="Follow one sentence">
      <p>
        Pin one prompt and see the base and the model after every round answer it, with the probability of
        each token and what else it might have said. Then change what stands before it: swap a demonstration,
        turn their order round, take one away, and watch whether the answer flips.
      </p>
      <OwnPrompt
        label={`Your own (${task.definition.id}${aboutTask(task)})`}
        value=""
        button="Follow it"
        onAsk={(text) => {
          actions.pin(text, null);
        }}
      />
      <h3>
        {suggestions[0]?.why === '' ? 'Or one of the task' : 'Or one that changed its answer in this run'}
      </h3>
      <ul className="suggestions">
        {suggestions.map(({ rowId, input, why }) => (
          <li key={rowId}>
            <Button
              onPress={() => {
                actions.pin(input, rowId);
                // As it was asked when it flipped.
                if (why !== '') actions.setPinned({ mode: 'zero-shot' });
              }}
            >
              <span>{input}</span>
              {why !== '' && <span className="faint small">{why}</span>}
            </Button>
          </li>
        ))}
      </ul>
      <p className="soft">Every row of Samples has a button “Follow”, too.</p>
    </ViewEmpty>
  );
}
