"""What the database holds about tubes beyond single rows: no pool of pools, nobody beyond the last seat."""

import pgtrigger

# Into a pool goes what stands at its bench untested, and never into a second one. A pool that is given up sets its
# single tubes free: then `part_of` is empty again, and nothing is asked here.
MIXED = pgtrigger.Trigger(
    name="mixed_into_a_pool",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("part_of_id", "capacity"),
    condition=pgtrigger.Condition("NEW.part_of_id IS NOT NULL"),
    func="""
    IF NOT EXISTS (SELECT 1 FROM lab_tube t
                    WHERE t.id = NEW.part_of_id AND t.capacity > 1 AND t.laboratory_id = NEW.laboratory_id) THEN
        RAISE EXCEPTION 'tube % is mixed into what is no pool of its laboratory', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mixed_into_a_pool';
    END IF;
    IF (TG_OP = 'INSERT' OR OLD.part_of_id IS DISTINCT FROM NEW.part_of_id)
       AND (NEW.received_at IS NULL OR NEW.tested_at IS NOT NULL OR NEW.voided_at IS NOT NULL
            OR NEW.released_at IS NOT NULL OR (TG_OP = 'UPDATE' AND OLD.part_of_id IS NOT NULL)
            OR EXISTS (SELECT 1 FROM lab_tube t WHERE t.id = NEW.part_of_id
                        AND (t.tested_at IS NOT NULL OR t.voided_at IS NOT NULL))) THEN
        RAISE EXCEPTION 'tube % cannot be mixed into a pool any more, or not yet', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'mixed_while_untested';
    END IF;
    RETURN NEW;
    """,
)

# Statement level, so that filling many tubes costs one look. A tube whose result is released takes nobody in: he would
# get a result that was never his.
SEATS = pgtrigger.Trigger(
    name="seats",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="sat"),
    func="""
    IF EXISTS (SELECT 1 FROM sat JOIN lab_tube t ON t.id = sat.tube_id
               WHERE sat.seat > t.capacity OR t.released_at IS NOT NULL) THEN
        RAISE EXCEPTION 'more persons than the tube takes, or a tube that was released'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tube_seats';
    END IF;
    RETURN NULL;
    """,
)
