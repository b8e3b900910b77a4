"""What can go wrong between a published file and an answer.

not_found          DeploymentNotFound, ModelNotServed
conflict           ModelAlreadyServed, RequestInProgress
invalid            NotAGgufFile, GgufUnsound, GgufTooShort, GgufUnsupported, DeploymentUnsound, ContextExceeded,
                   EngineRejected, CapabilityMissing
unavailable        ModelStarting, ModelFailing, ModelStopped, ModelBusy, EngineDied, EngineRefused, EngineMissing,
                   EngineSlow, EngineCrashing, ModelFileAbsent
"""

from modelyard.kernel import N_, DomainError, Kind


class DeploymentNotFound(DomainError):
    """No such deployment, or none that the caller may see."""

    code = "deployment_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("Deployment {deployment} does not exist.")
    hint = N_("List the deployments that you can see and use one of their ids.")


class ModelNotServed(DomainError):
    """The name of a model that nobody serves, or whose repository the caller may not see."""

    code = "model_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("The model {model} does not exist or you do not have access to it.")
    hint = N_("Ask for the list of models and use one of its names.")


class ModelAlreadyServed(DomainError):
    """A repository has one deployment at a time, because its name is the model's name."""

    code = "model_already_served"
    kind = Kind.CONFLICT
    sentence = N_("The model {model} is deployed already.")
    hint = N_("Change or delete the existing deployment first.")


class DeploymentUnsound(DomainError):
    """A setting of a deployment is outside its range; `field` names it."""

    code = "deployment_unsound"
    kind = Kind.INVALID
    sentence = N_("{name} must be between {least} and {most}.")
    hint = N_("Choose a number within the range.")


class NotAGgufFile(DomainError):
    """The file does not begin like a GGUF file."""

    code = "not_a_gguf_file"
    kind = Kind.INVALID
    sentence = N_("The file is not a GGUF model: it does not begin with the letters GGUF.")
    hint = N_("Deploy a file that ends in .gguf and was made by a GGUF converter.")


class GgufTooShort(DomainError):
    """The file ends before the data that its header announces."""

    code = "gguf_too_short"
    kind = Kind.INVALID
    sentence = N_("The file ends too early: it has {size} bytes, and {part} needs {needed}.")
    hint = N_("The upload or the download before it was cut; upload the complete file again.")


class GgufUnsound(DomainError):
    """The header contradicts itself or the format."""

    code = "gguf_unsound"
    kind = Kind.INVALID
    sentence = N_("The header of the GGUF file is damaged: {detail}.")
    hint = N_("Convert the model again, or upload a fresh copy of the file.")


class GgufUnsupported(DomainError):
    """A sound file of a version or layout that the engine does not load."""

    code = "gguf_unsupported"
    kind = Kind.INVALID
    sentence = N_("The GGUF file cannot be served: {detail}.")
    hint = N_("Convert the model with a current converter, as one little-endian GGUF file.")


class ModelFileAbsent(DomainError):
    """The bytes of the deployed file are not in the store."""

    code = "model_file_absent"
    kind = Kind.UNAVAILABLE
    sentence = N_("The bytes of the model file are not in this installation's store.")
    hint = N_("Upload the file again, or restore the store from a backup.")


class EngineMissing(DomainError):
    """The package of the engine is not installed."""

    code = "engine_missing"
    kind = Kind.UNAVAILABLE
    sentence = N_("The engine is not installed: {reason}.")
    hint = N_("Install Modelyard with the extra 'cpu' and start the server again.")


class EngineRefused(DomainError):
    """The engine read the file and would not load it."""

    code = "engine_refused"
    kind = Kind.UNAVAILABLE
    sentence = N_("The engine refused the model: {reason}.")
    hint = N_("Read the end of the log; the architecture may be newer than the engine.")


class EngineCrashing(DomainError):
    """The engine dies again and again, so it is not started any more."""

    code = "engine_crashing"
    kind = Kind.UNAVAILABLE
    sentence = N_("The engine keeps dying: {reason}.")
    hint = N_("Read the end of the log, make sure that memory suffices, then start the deployment again.")


class EngineSlow(DomainError):
    """A stage of the start took longer than it may."""

    code = "engine_slow"
    kind = Kind.UNAVAILABLE
    sentence = N_("The engine was not ready in time: {reason}.")
    hint = N_("The machine may be overloaded or short of memory; start the deployment again later.")


class EngineDied(DomainError):
    """The engine went away in the middle of an answer; nothing is charged for it."""

    code = "engine_died"
    kind = Kind.UNAVAILABLE
    sentence = N_("The model's engine stopped in the middle of the answer. You were not charged.")
    hint = N_("It is being started again; send the request again in a few seconds.")


class ModelStarting(DomainError):
    """The model is not loaded yet and the wait was longer than a request may wait."""

    code = "model_starting"
    kind = Kind.UNAVAILABLE
    sentence = N_("The model {model} is starting.")
    hint = N_("Send the request again in a few seconds.")


class ModelFailing(DomainError):
    """The model's last start failed."""

    code = "model_failing"
    kind = Kind.UNAVAILABLE
    sentence = N_("The model {model} could not be started: {reason}")
    hint = N_("Its publisher finds the cause on the deployment's page.")


class ModelStopped(DomainError):
    """Its publisher stopped the deployment, or the server is shutting down."""

    code = "model_stopped"
    kind = Kind.UNAVAILABLE
    sentence = N_("The model {model} was stopped.")
    hint = N_("Ask its publisher, or choose another model.")


class ModelBusy(DomainError):
    """More requests wait for the model than may wait."""

    code = "model_busy"
    kind = Kind.UNAVAILABLE
    sentence = N_("Too many requests wait for the model {model}.")
    hint = N_("Send the request again in a few seconds.")


class ContextExceeded(DomainError):
    """The prompt does not fit into the model's context."""

    code = "context_length_exceeded"
    kind = Kind.INVALID
    sentence = N_("The prompt has {tokens} tokens, and the model's context holds {context}.")
    hint = N_("Shorten the messages.")


class EngineRejected(DomainError):
    """The engine found fault with the request; `reason` is its own words."""

    code = "engine_rejected"
    kind = Kind.INVALID
    sentence = N_("The model does not accept the request: {reason}")
    hint = N_("Change the request as the message says.")


class RequestInProgress(DomainError):
    """The same request id is being answered right now."""

    code = "request_in_progress"
    kind = Kind.CONFLICT
    sentence = N_("A request with this idempotency key is being answered.")
    hint = N_("Wait for its answer, or use a new key for a new request.")


class CapabilityMissing(DomainError):
    """The model cannot do what the request asks for; `field` names the parameter."""

    code = "capability_missing"
    kind = Kind.INVALID
    sentence = N_("The model {model} does not support {what}.")
    hint = N_("Leave the parameter out, or choose another model.")
