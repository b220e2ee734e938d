/** @file Which device each runtime computes on, always visible; pressed, it says why and what would be faster. */
import type { ReactNode } from 'react';
import { Button, Dialog, DialogTrigger, Heading, Popover } from 'react-aria-components';
import { plural } from '../../core/plural.ts';
import type { DeviceInfo } from '../../words/engine.ts';
import { adviseOnDevices } from '../../store/setup/advice.ts';
import type { LoadedModel } from '../../store/lab-state.ts';
import { Facts } from '../kit/facts.tsx';
import { useLab } from '../lab-context.ts';
import { AdviceNote } from './messages.tsx';
import './device-badge.css';

/** Its name, and what a narrow window leaves out. */
function Shortly({ backend, threads, isSoftware }: DeviceInfo): ReactNode {
  const more = backend === 'wasm' ? `, ${plural(threads, 'thread')}` : isSoftware ? ', software' : '';
  return (
    <span>
      {backend}
      <span className="device-more">{more}</span>
    </span>
  );
}

function BadgeWords({ loaded }: { readonly loaded: LoadedModel | null }): ReactNode {
  if (loaded === null) return 'no device yet';
  const [answers, trains] = [loaded.inference.device, loaded.training.device];
  return (
    <span>
      <Shortly {...answers} />
      {answers.backend !== trains.backend && (
        <>
          {' + '}
          <Shortly {...trains} />
        </>
      )}
    </span>
  );
}

export function DeviceBadge(): ReactNode {
  const loaded = useLab((state) => state.model.loaded);
  const surroundings = useLab((state) => state.surroundings);
  const advice = adviseOnDevices(surroundings, loaded?.inference ?? null);
  return (
    <DialogTrigger>
      <Button className="device-badge">
        <span className="sr-only">Device: </span>
        <BadgeWords loaded={loaded} />
        {advice.length > 0 && (
          <span className="device-mark">
            <span aria-hidden="true">!</span>
            <span className="sr-only">, could be faster</span>
          </span>
        )}
      </Button>
      <Popover className="device-popover" placement="bottom end">
        <Dialog className="device-dialog">
          <Heading slot="title" className="device-title">
            Devices
          </Heading>
          <Facts
            facts={[
              {
                name: 'Answers (onnxruntime-web)',
                value: loaded?.inference.device.description ?? 'no model loaded',
              },
              { name: 'Training (tfjs)', value: loaded?.training.device.description ?? 'no model loaded' },
            ]}
          />
          {loaded !== null && (
            <p className="field-note">
              The two differ by {loaded.logitDifference.toExponential(1)} at most, in any logit. Nothing
              leaves this machine.
            </p>
          )}
          {advice.map((item) => (
            <AdviceNote key={item.title + item.cause} advice={item} />
          ))}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
