"""The tree's invariants, held by the database: no cycles, true paths, administrators kept apart."""

import pgtrigger

# `path` lists the ancestors from the root down to the row itself; only this trigger writes it. Depth 2 is the
# trigger below moving a whole subtree. The lock makes two moves wait for each other, so that together
# they cannot close a ring that neither of them closes alone.
GROW = """
IF pg_trigger_depth() > 1 THEN
    RETURN NEW;
END IF;
IF TG_OP = 'UPDATE' AND NEW.parent_id IS NOT DISTINCT FROM OLD.parent_id THEN
    NEW.path := OLD.path;
    RETURN NEW;
END IF;
PERFORM pg_advisory_xact_lock(hashtext('people_organisation.path'));
IF NEW.parent_id IS NULL THEN
    NEW.path := ARRAY[NEW.id];
ELSE
    SELECT path || NEW.id INTO NEW.path FROM people_organisation WHERE id = NEW.parent_id;
    IF NEW.path IS NULL OR array_position(NEW.path, NEW.id) < cardinality(NEW.path) THEN
        RAISE EXCEPTION 'organisation % cannot lie below %', NEW.id, NEW.parent_id USING ERRCODE = 'check_violation';
    END IF;
END IF;
RETURN NEW;
"""

CARRY = """
UPDATE people_organisation
   SET path = NEW.path || path[array_position(path, NEW.id) + 1 :]
 WHERE path @> ARRAY[NEW.id] AND id <> NEW.id;
RETURN NULL;
"""

TOUCH = """
INSERT INTO people_treeversion (id, version) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET version = people_treeversion.version + 1;
RETURN NULL;
"""

# Locking the account's row makes two grants to one person wait for each other.
APART = """
IF NEW.until IS NULL AND NEW.role IN ('system_admin', 'security_admin', 'audit_admin') THEN
    PERFORM 1 FROM people_account WHERE id = NEW.account_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM people_membership m
               WHERE m.account_id = NEW.account_id AND m.until IS NULL AND m.id <> NEW.id AND m.role <> NEW.role
                 AND m.role IN ('system_admin', 'security_admin', 'audit_admin')) THEN
        RAISE EXCEPTION 'account % would hold two administrator roles', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'administrators_kept_apart';
    END IF;
END IF;
RETURN NEW;
"""

TREE = [
    pgtrigger.Trigger(
        name="grow",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id", "path"),
        func=GROW,
    ),
    pgtrigger.Trigger(
        name="carry",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("parent_id"),
        condition=pgtrigger.Condition("OLD.path IS DISTINCT FROM NEW.path"),
        func=CARRY,
    ),
    pgtrigger.Trigger(
        name="touch",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=TOUCH,
    ),
]
ADMINISTRATORS = [
    pgtrigger.Trigger(name="apart", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=APART)
]
