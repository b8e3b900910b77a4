"""Names that people use for identifiers of the field: licenses and tasks."""

from collections.abc import Mapping

from modelyard.kernel import N_

LICENSES: Mapping[str, str] = {
    "agpl-3.0": "AGPL 3.0",
    "apache-2.0": "Apache 2.0",
    "bigscience-openrail-m": "BigScience OpenRAIL-M",
    "bsd-3-clause": "BSD 3-Clause",
    "cc-by-4.0": "CC BY 4.0",
    "cc-by-nc-4.0": "CC BY-NC 4.0",
    "cc-by-sa-4.0": "CC BY-SA 4.0",
    "cc0-1.0": "CC0 1.0",
    "creativeml-openrail-m": "CreativeML OpenRAIL-M",
    "gemma": "Gemma",
    "gpl-3.0": "GPL 3.0",
    "lgpl-3.0": "LGPL 3.0",
    "llama2": "Llama 2",
    "llama3": "Llama 3",
    "llama3.1": "Llama 3.1",
    "mit": "MIT",
    "mpl-2.0": "MPL 2.0",
    "openrail": "OpenRAIL",
}
"""By the identifier of SPDX or of the hubs, in lower case."""

TASKS: Mapping[str, str] = {
    "text-generation": N_("Text generation"),
    "text-classification": N_("Text classification"),
    "token-classification": N_("Token classification"),
    "question-answering": N_("Question answering"),
    "summarization": N_("Summarization"),
    "translation": N_("Translation"),
    "fill-mask": N_("Fill-mask"),
    "zero-shot-classification": N_("Zero-shot classification"),
    "sentence-similarity": N_("Sentence similarity"),
    "feature-extraction": N_("Feature extraction"),
    "text-ranking": N_("Text ranking"),
    "table-question-answering": N_("Table question answering"),
    "image-classification": N_("Image classification"),
    "object-detection": N_("Object detection"),
    "image-segmentation": N_("Image segmentation"),
    "image-to-text": N_("Image to text"),
    "image-text-to-text": N_("Image and text to text"),
    "text-to-image": N_("Text to image"),
    "text-to-video": N_("Text to video"),
    "text-to-speech": N_("Text to speech"),
    "automatic-speech-recognition": N_("Speech recognition"),
    "audio-classification": N_("Audio classification"),
    "tabular-classification": N_("Tabular classification"),
    "tabular-regression": N_("Tabular regression"),
    "time-series-forecasting": N_("Time series forecasting"),
    "reinforcement-learning": N_("Reinforcement learning"),
}
"""By the hubs' `pipeline_tag`."""
