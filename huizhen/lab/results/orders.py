"""The answer to an instrument that asks what it shall test."""

from uuid import UUID

from huizhen.kernel.access import directory
from huizhen.lab.catalogue.queries import list_items_of
from huizhen.lab.instruments.ports import Order
from huizhen.lab.specimens.queries import list_open_orders


def orders_of(specimen: str, *, organisation_id: UUID) -> tuple[Order, ...]:
    """The tests still to be made in the tube with this barcode, as the instruments' port wants them; none for a tube
    of another laboratory. `organisation_id` is where the instrument stands, at the laboratory or below it."""
    waiting = list_open_orders(specimen)
    return tuple(
        Order(
            specimen=specimen, test=item.code, name=item.name_en, specimen_type=order.panel.specimen,
            collected_at=order.tube.collected_at if order.tube else None,
        )
        for order in waiting
        if order.tube and directory().covers(order.tube.laboratory_id, organisation_id)
        for item in list_items_of(order.panel_id)
    )  # fmt: skip
