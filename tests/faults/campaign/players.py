"""Who plays in the campaign, and how often they act."""

from __future__ import annotations

import threading
from collections.abc import Callable

from domain.access import Role
from store.access.api_tokens import create_token
from tests.faults.campaign import colleagues, visitors
from tests.faults.campaign.scene import Player, Scene
from tests.faults.campaign.services import CalCom, SendGrid

Act = Callable[[Player], None]


class Players:
    """Everybody, each in a thread of their own."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.failures: list[BaseException] = []
        cast: list[tuple[str, tuple[float, float], Act, Role | None]] = [
            ("visitor", (0.3, 0.9), visitors.visit, None),
            ("reader", (0.2, 0.8), visitors.read_mail, None),
            ("other reader", (0.2, 0.8), visitors.read_mail, None),
            ("booker", (1.5, 4.5), visitors.book, None),
            ("answerer", (1.0, 3.0), visitors.reply, None),
            ("SendGrid", (2.0, 5.0), SendGrid().report, None),
            ("Cal.com", (3.0, 8.0), CalCom().report, None),
            *((rep, (0.8, 2.4), colleagues.sell, Role.SDR) for rep in colleagues.REPS),
            ("manager", (2.0, 6.0), colleagues.manage, Role.MANAGER),
            ("marketing", (2.0, 6.0), colleagues.market, Role.MARKETING),
            ("admin", (4.0, 8.0), colleagues.administer, Role.ADMIN),
        ]
        self._threads = []
        with scene.here.database.begin() as connection:
            for name, pause, act, role in cast:
                rep = name if role == Role.SDR else ""
                token = create_token(connection, name, role, rep) if role else ""
                player = Player(scene, name, pause, act, token)
                play = threading.Thread(target=self._play, args=(player,), daemon=True)
                self._threads.append(play)

    def start(self) -> None:
        """Let everybody begin."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """Everybody ends what they are at."""
        self._scene.over.set()
        for one in self._threads:
            one.join()

    def _play(self, player: Player) -> None:
        try:
            player.play()
        except BaseException as failure:
            self.failures.append(failure)
            raise
