/** @file What the prompt doctor found: a better template, or that the task's own stays, and all that it tried. */
import type { ReactNode } from 'react';
import {
  choiceWords,
  labelsUsedWords,
  shownTemplate,
  triedWords,
} from '../../../analysis/readiness/choice-words.ts';
import type { TemplateChoice } from '../../../analysis/readiness/templates.ts';
import { Button } from '../../kit/button.tsx';
import { Fold } from '../../kit/fold.tsx';
import { useActions } from '../../lab-context.ts';

export function DoctorChoice({ choice }: { readonly choice: TemplateChoice }): ReactNode {
  const actions = useActions();
  const { winner, tried } = choice;
  const isChat = winner !== null && winner.chat !== tried[0]?.chat;
  return (
    <section className="check-doctor" aria-label="Templates">
      <p>
        <b>{choiceWords(choice)}</b>
      </p>
      <p className="small soft">
        Labels used to find out, as demonstrations are: {labelsUsedWords(choice)}; none of the test.
      </p>
      {winner !== null && (
        <div className="button-row">
          <Button onPress={() => void actions.beforehand((looks) => looks.takeWinner())}>
            {isChat ? 'Set it in the setup' : 'Make a task with it'}
          </Button>
          {isChat && <span className="small soft">No task holds it: it goes with the link and the run.</span>}
        </div>
      )}
      <Fold title="All that was tried">
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Templates tried">
          <table className="check-figures">
            <thead>
              <tr>
                <th scope="col">Template</th>
                <th scope="col">Right</th>
              </tr>
            </thead>
            <tbody>
              {tried.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    {one.name} <code>{shownTemplate(one.template)}</code>
                  </th>
                  <td>{triedWords(one)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Fold>
    </section>
  );
}
