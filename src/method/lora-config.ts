/** @file LoRA's configuration, as an arm's knobs say it. */
import type { LoraConfig } from '../lora/config.ts';
import type { Knobs } from '../words/knobs.ts';

const ALL_LINEAR = 'all-linear';

export function loraConfig({ r, loraAlpha, useRslora, loraDropout, targetModules }: Knobs): LoraConfig {
  const names = targetModules.split(',').map((name) => name.trim());
  return {
    r,
    loraAlpha,
    useRslora,
    loraDropout,
    targetModules: targetModules === ALL_LINEAR ? ALL_LINEAR : names,
  };
}
