"""Where a link or a button leads, as fields of a form."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from domain.email.blocks.addresses import OWN, Address, AddressMistake, address_typed, mistake_of
from web.console.words import N_, _

WEB = "web"
TARGETS = {
    WEB: N_("A web address"),
    "links.booking": N_("The booking page"),
    "links.preferences": N_("The page to choose topics"),
    "links.unsubscribe": N_("The page to unsubscribe"),
}

MISTAKES: dict[AddressMistake, str] = {
    "empty": N_("Say where this leads: an address such as https://example.com/guide."),
    "scheme": N_("An address starts with https://, http://, mailto: or tel:."),
    "malformed": N_("This address is cut short. Write one such as https://example.com/guide."),
}


class LinkField:
    """The fields, where the page is being built.

    Args:
        changed: gets the address after each change.
        optional: whether it may lead nowhere.
    """

    def __init__(
        self, address: Address, changed: Callable[[Address], None], *, optional: bool = False
    ) -> None:
        self.address, self._changed, self._optional = address, changed, optional
        names = {one: _(TARGETS[one]) for one in (WEB, *OWN)}
        own = address.value if address.kind == "own" else WEB
        if own not in names:
            names[own] = own
        self.target = ui.select(names, label=_("Leads to"), value=own)
        self.typed = ui.input(
            _("Web address"), value="" if address.kind == "own" else address.value
        )
        self.typed.classes("wide").props("placeholder=https://").without_auto_validation()
        # What is no address yet is counted once it is one, unless somebody says otherwise.
        counted = address.kind != "plain" or mistake_of(address) is not None
        self.counted = ui.switch(_("Count clicks"), value=counted).props("dense")
        for field in (self.target, self.typed, self.counted):
            field.on_value_change(self._edited)
        self._show()

    def check(self) -> bool:
        """Whether the address is one; says beside it what is wrong."""
        wrong = None if self._is_none() else mistake_of(self.address)
        self.typed.error = _(MISTAKES[wrong]) if wrong else None
        return wrong is None

    def _is_none(self) -> bool:
        return self._optional and self.address.kind != "own" and not self.address.value.strip()

    def _edited(self) -> None:
        if self.target.value != WEB:
            self.address = Address("own", self.target.value)
        else:
            self.address = address_typed(self.typed.value or "")
            if not self.counted.value:
                self.address = Address("plain", self.address.value)
        self._show()
        self.check()
        self._changed(self.address)

    def _show(self) -> None:
        web = self.target.value == WEB
        self.typed.set_visibility(web)
        self.counted.set_visibility(web and self.typed.value.strip().startswith("http"))
