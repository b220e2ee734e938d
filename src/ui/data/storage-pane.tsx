/** @file What this page keeps in the browser, how much room there is, and how to clean up. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { plural } from '../../core/plural.ts';
import { Button } from '../kit/button.tsx';
import { Facts } from '../kit/facts.tsx';
import { Progress } from '../kit/progress.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { formatShare } from '../../core/figures.ts';
import { formatBytes } from '../words/numbers.ts';
import { KeptModels } from './kept-models.tsx';

/** Deleting what cannot be had again is asked twice, in the same place. */
function ClearRuns({ count }: { readonly count: number }): ReactNode {
  const actions = useActions();
  const [isAsked, setIsAsked] = useState(false);
  if (!isAsked) {
    return (
      <Button
        isDisabled={count === 0}
        onPress={() => {
          setIsAsked(true);
        }}
      >
        Delete past runs…
      </Button>
    );
  }
  return (
    <span className="button-row">
      <span role="alert">Delete {plural(count, 'past run')} for good?</span>
      <Button
        look="strong"
        onPress={() => {
          setIsAsked(false);
          void actions.clearRuns();
        }}
      >
        Delete
      </Button>
      <Button
        onPress={() => {
          setIsAsked(false);
        }}
      >
        Keep them
      </Button>
    </span>
  );
}

export function StoragePane(): ReactNode {
  const storage = useLab((state) => state.storage);
  const runs = useLab((state) => state.runs);
  const current = useLab((state) => state.run?.id ?? null);
  const actions = useActions();
  const { isAvailable, why, usedBytes, quotaBytes, isPersisted, runsBytes, modelsBytes } = storage;
  const share = quotaBytes === 0 ? 0 : usedBytes / quotaBytes;
  const others = runs.filter(({ id, isElsewhere }) => id !== current && !isElsewhere).length;
  return (
    <>
      <div className="page-head">
        <div>
          <h2>Storage</h2>
          <p className="soft">
            Runs, imported tasks and fetched models are kept in this browser, nowhere else.
          </p>
        </div>
      </div>
      {!isAvailable && (
        <p className="storage-off" role="alert">
          <b>Nothing is kept over a reload.</b> {why} Export the runs that you want to keep.
        </p>
      )}
      <section className="data-part is-narrow" aria-labelledby="use">
        <h3 id="use">Use</h3>
        <Progress
          label={`${formatBytes(usedBytes)} in use`}
          share={share}
          note={
            quotaBytes === 0 ? '' : `of ${formatBytes(quotaBytes)} the browser allows (${formatShare(share)})`
          }
        />
        <Facts
          facts={[
            { name: `Runs (${runs.length})`, value: formatBytes(runsBytes) },
            { name: `Fetched models (${storage.keptModels.length})`, value: formatBytes(modelsBytes) },
            {
              name: 'The rest: the page itself for offline use, tasks, settings',
              value: formatBytes(Math.max(0, usedBytes - runsBytes - modelsBytes)),
            },
          ]}
        />
        <ClearRuns count={others} />
        <p className="field-note">
          Single runs are deleted and exported in Compare. The run on the page stays, and what other windows
          compute.
        </p>
      </section>
      <section className="data-part is-narrow" aria-labelledby="storage-models">
        <h3 id="storage-models">Kept models</h3>
        <KeptModels />
      </section>
      <section className="data-part is-narrow" aria-labelledby="persist">
        <h3 id="persist">Safe from cleaning</h3>
        {isPersisted ? (
          <p className="soft">The browser has promised not to clear this page’s data by itself.</p>
        ) : (
          <>
            <p className="soft">
              When the disk runs full, the browser may clear this page’s data. It can be asked not to.
            </p>
            <div>
              <Button isDisabled={!isAvailable} onPress={() => void actions.persistStorage()}>
                Ask the browser to keep it
              </Button>
            </div>
          </>
        )}
      </section>
      <p className="field-note">
        What others wrote and this page contains, each under its licence:{' '}
        <a href="./THIRD_PARTY_LICENSES.txt" target="_blank" rel="noopener">
          third parties’ licences
        </a>
        .
      </p>
    </>
  );
}
