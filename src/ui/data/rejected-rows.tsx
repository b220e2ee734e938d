/** @file Every row that was not taken, with its reason; only what is in sight is drawn, so thousands scroll smoothly. */
import { formatCount } from '../../core/figures.ts';
import { plural } from '../../core/plural.ts';
import type { RejectedRow } from '../../words/importing.ts';
import { REJECT_TITLES } from '../../words/importing.ts';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { ListBox, ListBoxItem, ListLayout, Virtualizer } from 'react-aria-components';
import { Choice } from '../kit/choice.tsx';
import { countReasons } from './import-choices.ts';

const ALL = 'all';
const ROW_PX = 34;

export function RejectedRows({ rejected }: { readonly rejected: readonly RejectedRow[] }): ReactNode {
  const [wanted, setWanted] = useState(ALL);
  const counts = countReasons(rejected);
  const reason = counts.some((count) => count.reason === wanted) ? wanted : ALL;
  const items = rejected
    .map((row, i) => ({ id: i, ...row }))
    .filter((row) => reason === ALL || row.reason === reason);
  if (rejected.length === 0) return <p className="soft">No row was rejected.</p>;
  return (
    <>
      <div className="rejected-head">
        <Choice
          label="Reason"
          isRow
          value={reason}
          options={[
            { id: ALL, title: `all (${formatCount(rejected.length)})` },
            ...counts.map(({ reason: id, count }) => ({
              id,
              title: `${REJECT_TITLES[id]} (${formatCount(count)})`,
            })),
          ]}
          onChange={setWanted}
        />
      </div>
      <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: ROW_PX }}>
        <ListBox
          aria-label={plural(items.length, 'rejected row')}
          className="rejected-list"
          style={{ height: Math.min(8, items.length) * ROW_PX }}
          items={items}
        >
          {({ file, line, reason: why, detail }) => (
            <ListBoxItem className="rejected-row" textValue={`${file} line ${line}: ${detail}`}>
              <span className="faint">
                {file}:{line}
              </span>
              <b>{REJECT_TITLES[why]}</b>
              <span className="rejected-detail" title={detail}>
                {detail}
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Virtualizer>
    </>
  );
}
