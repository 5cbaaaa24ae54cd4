"""Named columns to kernels; thin adapters of linearmodels, pingouin and statsmodels."""
