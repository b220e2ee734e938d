/** @file Of a task whose texts were left out of a recorded run (store/runs/without-texts.ts). */
export const LEFT_OUT =
  'The texts of this task are not ours to hand on: the names of its rows stand in their place. Answers, labels and scores are the run’s own.';
