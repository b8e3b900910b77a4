"""Deployments: who may, what is refused, which stages they come to and why they fail."""

from pathlib import Path

import pytest

from modelyard import serving
from modelyard.accounts import Forbidden
from modelyard.infra import Infra, epoch
from modelyard.serving import Deployment, Desired, Shape, Stage
from modelyard.serving.errors import DeploymentNotFound, DeploymentUnsound, ModelAlreadyServed
from tests.serving.shop import MICRO, MODEL, Shop, open_shop
from tests.support.waiting import eventually

STARTED = [Stage.QUEUED, Stage.VERIFYING, Stage.LOADING, Stage.WARM]


def test_a_deployment_starts_in_visible_stages(shop_on_both: Shop) -> None:
    shop = shop_on_both
    deployment = shop.deploy()

    assert shop.reaches(deployment, Stage.WARM)
    assert shop.stages(deployment) == STARTED
    status = shop.runtime.status(deployment.id)
    assert status is not None
    assert status.stage is Stage.WARM
    assert status.memory is not None
    assert status.memory > 1_000_000


def test_its_publisher_stops_starts_and_deletes_it(shop_on_both: Shop) -> None:
    shop = shop_on_both
    deployment = shop.deploy()
    assert shop.reaches(deployment, Stage.WARM)
    before = _epoch(shop.infra)
    for verb, stage in ((serving.stop_deployment, Stage.STOPPED), (serving.start_deployment, Stage.WARM)):
        with shop.infra.db.unit() as session:
            verb(session, actor=shop.actor(shop.seller), deployment=deployment.id, clock=shop.infra.clock)
        assert shop.reaches(deployment, stage)
    with shop.infra.db.unit() as session:
        gone = serving.delete_deployment(
            session, actor=shop.actor(shop.seller), deployment=deployment.id, clock=shop.infra.clock
        )
    assert gone.desired is Desired.DELETED
    assert _epoch(shop.infra) == before + 3
    acts = [row[0] for row in shop.rows("SELECT act FROM audit_entry ORDER BY seq")]
    assert [act for act in acts if act.startswith("deployment.")] == [
        "deployment.created",
        "deployment.stopped",
        "deployment.started",
        "deployment.deleted",
    ]
    assert shop.deploy().id != deployment.id


def test_a_name_is_served_once(shop: Shop) -> None:
    shop.deploy()
    with pytest.raises(ModelAlreadyServed):
        shop.deploy()
    with pytest.raises(ModelAlreadyServed):
        shop.deploy(name=MODEL.upper())


def test_strangers_may_neither_deploy_nor_change(shop: Shop) -> None:
    deployment = shop.deploy()
    shop.shelf.put(shop.seller.id, "acme/other", MICRO)
    bob = shop.actor(shop.customer)
    with shop.infra.db.unit() as session, pytest.raises(Forbidden):
        serving.create_deployment(
            session,
            actor=bob,
            repositories=shop.shelf,
            draft=serving.Draft("acme/other", MICRO.name),
            clock=shop.infra.clock,
        )
    with shop.infra.db.unit() as session, pytest.raises(DeploymentNotFound):
        serving.stop_deployment(session, actor=bob, deployment=deployment.id, clock=shop.infra.clock)


def test_a_private_deployment_looks_absent(shop: Shop) -> None:
    deployment = shop.deploy()
    shop.shelf.private.add(MODEL)
    with shop.infra.db.reader() as session:
        with pytest.raises(DeploymentNotFound):
            serving.get_deployment(
                session, actor=shop.actor(shop.customer), repositories=shop.shelf, deployment=deployment.id
            )
        page = serving.list_deployments(session, actor=shop.actor(shop.customer), repositories=shop.shelf)
        assert list(page.items) == []


@pytest.mark.parametrize(
    ("shape", "field"),
    [
        (Shape(context=1), "context"),
        (Shape(slots=0), "slots"),
        (Shape(max_output=0), "max_output"),
        (Shape(default_output=100, max_output=10), "default_output"),
        (Shape(idle_stop=-1), "idle_stop"),
    ],
)
def test_settings_have_ranges(shop: Shop, shape: Shape, field: str) -> None:
    with pytest.raises(DeploymentUnsound) as refused:
        shop.deploy(shape=shape)
    assert refused.value.field == field


def test_a_corrupt_file_says_why(shop: Shop, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(MICRO.read_bytes()[:500_000])
    deployment = shop.deploy(cut)

    assert shop.reaches(deployment, Stage.FAILED)
    with shop.infra.db.reader() as session:
        reached = serving.stages_of(session, deployment.id)[-1]
    assert reached.during is Stage.VERIFYING
    assert reached.failure is not None
    assert reached.failure.code == "gguf_too_short"
    assert "ends too early: it has 500000 bytes" in reached.failure.sentence_in_english()
    assert "文件过早结束" in shop.infra.catalogs.sentence("zh", reached.failure)


def test_a_file_that_the_engine_will_not_load_says_why(shop: Shop, tmp_path: Path) -> None:
    strange = tmp_path / "strange.gguf"
    data = MICRO.read_bytes()
    # Same length, so that the header stays sound; no engine knows this architecture.
    strange.write_bytes(data.replace(b"llama", b"lhama"))
    deployment = shop.deploy(strange)

    assert shop.reaches(deployment, Stage.FAILED)
    with shop.infra.db.reader() as session:
        reached = serving.stages_of(session, deployment.id)[-1]
    assert reached.during is Stage.LOADING
    assert reached.failure is not None
    assert reached.failure.code == "engine_refused"
    assert reached.failure.data == {"reason": "unknown model architecture: 'lhama'"}
    assert eventually(lambda: any("lhama" in line for line in _log(shop, deployment)))
    assert not any(str(tmp_path) in line for line in _log(shop, deployment))


def test_what_a_dead_server_left_warm_is_asleep_after_the_next_start(sqlite_infra: Infra) -> None:
    with open_shop(sqlite_infra) as shop:
        deployment = shop.deploy()
        assert shop.reaches(deployment, Stage.WARM)
        stages = shop.stages
    assert stages(deployment)[-1] is Stage.ASLEEP


def _epoch(infra: Infra) -> int:
    with infra.db.reader() as session:
        return epoch.current(session)


def _log(shop: Shop, deployment: Deployment) -> tuple[str, ...]:
    status = shop.runtime.status(deployment.id)
    return status.log if status else ()
