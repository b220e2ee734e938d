/** What property tests draw: the same at every run, so that a red test is the change's fault and can be run again;
 * `FC_SEED=N` draws others, to look further. */
import fc from 'fast-check';

const SEED = 20_261_127;

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? SEED) });
