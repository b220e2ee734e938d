/** @file A model of the Hub by its name: first its size, then, when asked for again, its files. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { HubView } from '../../store/model/model-state.ts';
import { Button } from '../kit/button.tsx';
import { Progress } from '../kit/progress.tsx';
import { TextBox } from '../kit/text-box.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { FaultBox } from '../shell/messages.tsx';
import { formatShare } from '../../core/figures.ts';
import { formatBytes } from '../words/numbers.ts';
import { NeedTable } from './memory-note.tsx';

/** OWNER/NAME as the Hub has it. */
const HUB_NAME = /^[\w.-]+\/[\w.-]+$/;

const isHubName = (name: string): boolean => HUB_NAME.test(name.trim());

function Found({ hub }: { readonly hub: HubView }): ReactNode {
  const actions = useActions();
  const { name, status, bytes, fetchedBytes, needs, fault } = hub;
  const share = bytes === 0 ? 0 : fetchedBytes / bytes;
  const fetchIt = () => void actions.fetchHub();
  switch (status) {
    case 'asking':
      return <p role="status">Asking the Hub how large {name} is.</p>;
    case 'found':
      return (
        <>
          <p role="status">
            {name}: <b>{formatBytes(bytes)}</b> to fetch. It is kept in this browser for use without a
            network.
          </p>
          <div className="button-row">
            <Button look="strong" onPress={fetchIt}>
              Fetch and load
            </Button>
          </div>
          {needs === null ? (
            <p className="field-note">What it needs in memory could not be told from its config.json.</p>
          ) : (
            <NeedTable needs={needs} />
          )}
        </>
      );
    case 'fetching':
      return (
        <>
          <Progress
            label={`Fetching ${name}`}
            share={share}
            note={`${formatBytes(fetchedBytes)} of ${formatBytes(bytes)}, ${formatShare(share)}`}
          />
          <div className="button-row">
            <Button
              onPress={() => {
                actions.cancelLoading();
              }}
            >
              Cancel
            </Button>
          </div>
        </>
      );
    case 'stopped':
      return (
        <>
          <p role="status">
            Stopped at {formatBytes(fetchedBytes)} of {formatBytes(bytes)}. What came is kept.
          </p>
          <div className="button-row">
            <Button look="strong" onPress={fetchIt}>
              Resume
            </Button>
          </div>
        </>
      );
    case 'kept':
      return <p role="status">{name} is kept here.</p>;
    case 'failed':
      return fault === null ? null : (
        <FaultBox
          title={`${name} could not be had`}
          fault={fault}
          buttons={
            <Button onPress={() => void (bytes === 0 ? actions.askHub(name) : actions.fetchHub())}>
              Try again
            </Button>
          }
        />
      );
  }
}

export function HubField(): ReactNode {
  const hub = useLab((state) => state.hub);
  const actions = useActions();
  const [name, setName] = useState('');
  const isBusy = hub?.status === 'asking' || hub?.status === 'fetching';
  return (
    <section className="data-part" aria-labelledby="hub">
      <h3 id="hub">By its Hub name</h3>
      <p className="soft">
        The page asks huggingface.co only when you press the button: first for the size and config.json alone.
        Nothing about you or your data is in the request beyond the name.
      </p>
      <form
        className="hub-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isHubName(name) && !isBusy) void actions.askHub(name.trim());
        }}
      >
        <TextBox
          label="Name on the Hub"
          value={name}
          note="OWNER/NAME, e.g. HuggingFaceTB/SmolLM2-135M"
          fault={name === '' || isHubName(name) ? null : 'A name looks like OWNER/NAME.'}
          onChange={setName}
        />
        <Button type="submit" isDisabled={!isHubName(name) || isBusy}>
          Ask for its size
        </Button>
      </form>
      {hub !== null && <Found hub={hub} />}
    </section>
  );
}
