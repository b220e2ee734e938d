/** @file What is used of Observable Plot, and no more: the chunk holds these marks alone. */
export {
  areaY,
  dot,
  lineY,
  plot,
  pointer,
  pointerX,
  rect,
  rectY,
  ruleX,
  ruleY,
  text,
  tip,
} from '@observablehq/plot';
