"""The sandbox in which tests run workflows: what asks a clock, chance or the disk fails there."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox, with our pure modules passed through: they are imported once, not per
    workflow, and hold no state."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules("domain")
    )
