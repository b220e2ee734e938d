"""What a run works with: its prompts' parts, and the seed's draws of prompts, reserves and evaluated items
(src/method/run-context.ts)."""

from __future__ import annotations

from collections.abc import Mapping

from .agenda import Agenda, agenda_of, shape_of
from .feasible import Fitting, check_prompts
from .prompts import Item, PromptMaker, draw_parts, take
from .types import EvaluatedSplit, Plan, RowsLeftOut, SplitName, Splits, Task, TextPorts


class RunContext(PromptMaker):
    """Draws and encodes. LabError `invalid-request` where the task has too few prompts or no pool."""

    def __init__(self, plan: Plan, ports: TextPorts) -> None:
        parts = draw_parts(plan, ports)
        super().__init__(plan, ports, parts)
        self.model = ports.model
        knobs = plan.arm.knobs
        drawn = agenda_of(plan.arm, shape_of(plan.task)).drawn
        rows_left_out = list(parts.left_out)
        room = ports.model.max_positions - len(parts.prefix) - parts.max_new_tokens

        def taken(split: SplitName, wanted: int) -> tuple[Item, ...]:
            items, left_out = take(parts.reading, split, wanted, room)
            rows_left_out.extend(left_out)
            return tuple(items)

        prompts = taken("prompts", 2 * drawn)
        check_prompts(plan, Fitting(len(prompts), ports.model.max_positions, parts.max_new_tokens))
        spare = prompts[drawn:]
        per_round = len(spare) // knobs.rounds
        #: rounds x prompts_per_round prompts in the order drawn.
        self.prompts: tuple[Item, ...] = prompts[:drawn]
        #: Each round's own refills, [round - 1][i].
        self.reserves: tuple[tuple[Item, ...], ...] = tuple(
            spare[i * per_round : (i + 1) * per_round] for i in range(knobs.rounds)
        )
        self.items: Mapping[EvaluatedSplit, tuple[Item, ...]] = {
            "validation": taken("validation", knobs.validation_items),
            "probe": taken("probe", knobs.probe_items),
            "test": taken("test", knobs.test_items),
        }
        #: By split: rows left out because they do not fit into the model's positions.
        self.rows_left_out: tuple[RowsLeftOut, ...] = tuple(rows_left_out)

        seen = Splits(
            pool=tuple(item.row for item in self.pool),
            prompts=tuple(item.row for item in prompts),
            validation=tuple(item.row for item in self.items["validation"]),
            probe=tuple(item.row for item in self.items["probe"]),
            test=tuple(item.row for item in self.items["test"]),
        )
        #: Over the items that were drawn.
        self.agenda: Agenda = agenda_of(plan.arm, shape_of(Task(plan.task.definition, seen)))
