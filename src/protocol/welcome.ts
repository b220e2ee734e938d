/** @file The other end's first message: whether it is the worker that this page can speak with. */
import { LabError } from '../core/errors.ts';
import { fault, is } from '../core/shape.ts';
import { fromWire, serverFrame } from './wire.ts';

export interface Welcome {
  /** Lock that the worker holds while it lives; absent where there are none. */
  readonly life?: string;
}

/** @param version that the page speaks. @throws LabError `protocol-mismatch`, or what the worker broke by */
export function readWelcome(data: unknown, version: string): Welcome {
  if (!is(serverFrame, data)) {
    throw new LabError(
      'protocol-mismatch',
      `The worker's first message is not a welcome: ${fault(serverFrame, data)}.`,
    );
  }
  if (data.kind === 'broken') throw fromWire(data.error);
  if (data.kind === 'welcome' && data.version === version) return data;
  const found = data.kind === 'welcome' ? `"${data.version}"` : `a message "${data.kind}"`;
  throw new LabError(
    'protocol-mismatch',
    `The page speaks protocol "${version}", the worker answered with ${found}.`,
  );
}
