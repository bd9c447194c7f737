# A single-user image for a JupyterHub: everything is installed, nothing is fetched when a learner starts.
#   docker build --tag indonesian-nlp .
# PyTorch's CPU build is smaller by gigabytes: --build-arg PIP_EXTRA_INDEX_URL=..., the address on PyTorch's start page.
FROM python:3.12-slim-bookworm

ARG PIP_EXTRA_INDEX_URL=""
# The hub and its single-user server have to be of the same version: give yours.
ARG JUPYTERHUB_VERSION="5.3.0"

ENV PROJECT=/opt/indonesian-nlp \
    TUTORIAL_PYTHON=/usr/local/bin/python \
    PYTHONUTF8=1

WORKDIR /opt/indonesian-nlp
COPY requirements.txt requirements-extra.txt constraints.txt ./
RUN python -m pip install --no-cache-dir -r requirements.txt -r requirements-extra.txt -c constraints.txt "jupyterhub==${JUPYTERHUB_VERSION}"
COPY . .

RUN useradd --create-home --home-dir /srv/learner --uid 1000 learner
USER 1000
WORKDIR /srv/learner

# The home folder is the learner's own and is kept by the hub: the project is copied there once, and lessons are never written over.
CMD ["sh", "-c", "cp -rn \"$PROJECT\" \"$HOME/\"; cd \"$HOME/indonesian-nlp\" && python -c 'import series.learner; series.learner.prepare()' && exec jupyterhub-singleuser --ServerApp.root_dir=\"$HOME/indonesian-nlp\""]
