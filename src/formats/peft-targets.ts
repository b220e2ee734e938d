/**
 * @file What a PEFT adapter's configuration says of a model's modules: which linear projections it means, and the rank and
 * alpha of each. The file's tensors decide what is adapted; this is what they are held against.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture, LinearSpec } from '../models/architecture.ts';
import { CONFIG_FILE, isAllLinear, type ModuleNames, type PeftConfig } from './peft-config.ts';
import { fullMatch } from './python-pattern.ts';

type Matches = (module: string) => boolean;

/** The linear projections that the configuration means, in the model's order; null where it does not say or its
 * expression cannot be matched here, which `notes` then tells. */
export async function meantLinears(
  peft: PeftConfig,
  architecture: Architecture,
  notes: string[],
): Promise<readonly LinearSpec[] | null> {
  const { targetModules, excludeModules, modulesToSave, layers, layersPattern } = peft;
  if (targetModules === null) {
    notes.push(`${CONFIG_FILE} has no target_modules: what the tensors adapt is taken.`);
    return null;
  }
  const remedy = 'Write it as a list of module names.';
  try {
    const all = typeof targetModules === 'string' && isAllLinear(targetModules);
    const isTarget = all ? null : await nameMatcher(targetModules, 'target_modules', remedy);
    const isExcluded = await nameMatcher(excludeModules, 'exclude_modules', remedy);
    const inLayers = await layerFilter(layers, layersPattern, architecture);
    if (layers === null && layersPattern.length > 0)
      notes.push('layers_pattern stands without layers_to_transform and says nothing.');
    // PEFT looks at the layer only where a name was given by its last parts.
    const whole = new Set(typeof targetModules === 'string' ? [] : targetModules);
    const isSaved: Matches = (module) => modulesToSave.some((part) => `.${module}.`.includes(`.${part}.`));
    return architecture.linears.filter(
      ({ module, isHead }) =>
        (isTarget === null ? !isHead : isTarget(module)) &&
        !isExcluded(module) &&
        !isSaved(module) &&
        (whole.has(module) || inLayers(module)),
    );
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    notes.push(`${thrown.what} What the tensors adapt is taken.`);
    return null;
  }
}

/** A list names modules by their last parts; a string is Python's re.fullmatch over whole names. */
async function nameMatcher(names: ModuleNames, field: string, remedy: string): Promise<Matches> {
  if (typeof names === 'string') return fullMatch(names, `${CONFIG_FILE}: ${field}`, remedy);
  const known = new Set(names);
  return (module) => namesOf(module).some((one) => known.has(one));
}

/** A module's whole name and its last parts: what a target may call it. */
export function namesOf(module: string): string[] {
  const parts = module.split('.');
  return parts.map((_, i) => parts.slice(i).join('.'));
}

async function layerFilter(
  layers: PeftConfig['layers'],
  patterns: readonly string[],
  { layerPrefix }: Architecture,
): Promise<Matches> {
  if (layers === null) return () => true;
  const wanted = new Set(layers.map(String));
  const before = await Promise.all(
    patterns.map((pattern) =>
      fullMatch(
        `(.*\\.)?${pattern}\\.`,
        `${CONFIG_FILE}: layers_pattern`,
        'Name the list of layers, as in "layers".',
      ),
    ),
  );
  const isPlace = before.length === 0 || before.some((matches) => matches(layerPrefix));
  return (module) =>
    isPlace &&
    module.startsWith(layerPrefix) &&
    wanted.has(module.slice(layerPrefix.length).split('.')[0] ?? '');
}

/** A module's number in rank_pattern or alpha_pattern: PEFT takes the first key whose expression the end of the name
 * matches. @throws LabError `unsupported-adapter` for an expression that cannot be matched here */
export async function patternReader(
  pattern: Readonly<Record<string, number>>,
  field: string,
  fallback: number,
): Promise<(module: string) => number> {
  const remedy = `Write the keys of ${field} as module names.`;
  const keys = await Promise.all(
    Object.entries(pattern).map(
      async ([key, value]) =>
        [await fullMatch(`(.*\\.)?(${key})`, `${CONFIG_FILE}: ${field}`, remedy), value] as const,
    ),
  );
  return (module) => keys.find(([matches]) => matches(module))?.[1] ?? fallback;
}
