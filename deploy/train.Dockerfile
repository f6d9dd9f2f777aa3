# countersign with what training needs, on top of its GPU image; docs/how-to/train.md tells how to use it.
ARG BASE=countersign:0.1.0-gpu
FROM ${BASE}
USER root
# Crops are rendered in every script that there is a font for.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-core fonts-noto-cjk fonts-dejavu fonts-freefont-ttf \
    && rm -rf /var/lib/apt/lists/*
RUN python -m pip install --no-cache-dir "matplotlib>=3.10" "scikit-learn>=1.7" "tensorboard>=2.20"
USER 10001:10001
ENTRYPOINT ["python", "-m", "model.train"]
