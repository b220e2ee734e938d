/** @file Which device each runtime computes on, and what to switch on for a better one. */
import type { ReactNode } from 'react';
import type { ModelInfo } from '../protocol/words.ts';
import { adviseOnDevices } from '../store/advice.ts';
import type { LoadedModel, Surroundings } from '../store/lab-state.ts';
import { AdviceNote } from './messages.tsx';

function Device({
  task,
  library,
  info,
}: {
  task: string;
  library: string;
  info: ModelInfo | null;
}): ReactNode {
  return (
    <div className="device">
      <dt>
        {task} <span className="faint">{library}</span>
      </dt>
      <dd>
        {info === null ? (
          <span className="faint">no model loaded</span>
        ) : (
          <>
            <span className="badge">{info.device.backend}</span> {info.device.description}
          </>
        )}
      </dd>
    </div>
  );
}

export interface DevicesProps {
  readonly surroundings: Surroundings;
  readonly model: LoadedModel | null;
}

export function Devices({ surroundings, model }: DevicesProps): ReactNode {
  return (
    <section className="panel" aria-labelledby="devices">
      <h2 id="devices">Devices</h2>
      <dl>
        <Device task="Answers" library="onnxruntime-web" info={model?.inference ?? null} />
        <Device task="Training" library="tfjs" info={model?.training ?? null} />
      </dl>
      {adviseOnDevices(surroundings, model?.inference ?? null).map((advice) => (
        <AdviceNote key={advice.title + advice.cause} advice={advice} />
      ))}
    </section>
  );
}
