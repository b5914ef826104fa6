from tests.trained_runs import (  # noqa: F401  fixtures
    drawn_sets,
    make_run,
    onnx_features,
    run_folders,
    tiny_dataset,
    trained_folders,
    trained_once,
    trained_run,
)
