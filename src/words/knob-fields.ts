/** @file The knobs as fields of an object, none of them required: of an arm in an experiment's file, of a method's presets. */
import { LabError } from '../core/errors.ts';
import type { Optional } from '../core/shape.ts';
import { optional, told } from '../core/shape.ts';
import type { KnobName, Knobs } from './knobs.ts';
import { KNOBS } from './knobs.ts';

type KnobFields = { readonly [K in KnobName]: Optional<Knobs[K]> };

const fields: object = Object.fromEntries(
  Object.entries(KNOBS).map(([name, { shape, label, help, default: unsaid }]) => [
    name,
    optional(told(shape, `${label}: ${help}`, { default: unsaid })),
  ]),
);
const isWhole = (read: object): read is KnobFields => Object.keys(KNOBS).every((name) => name in read);
if (!isWhole(fields)) throw new LabError('internal', 'A knob has no field.');

export const knobFields = fields;
