/** The interpreter that is asked for PyTorch: `VERTEBRA_PYTHON`, else the one on PATH. */
export const PYTHON = process.env.VERTEBRA_PYTHON || "python3";
