# Worker, web app and command line are one image; docker-compose.yml says which of them runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PERENNIAL_HOME=/var/lib/perennial \
    NICEGUI_STORAGE_PATH=/tmp/nicegui

WORKDIR /app

# Requirements first: they change less often than the code, and the layer is kept.
COPY requirements/production.txt requirements/production.txt
RUN pip install --require-hashes -r requirements/production.txt

COPY . .
# The containers can't write here: without this each start would compile the whole project.
RUN python -m compileall -q .

# The one folder it writes to: a volume made over it takes its owner and mode.
RUN useradd --system --no-create-home perennial \
    && install --directory --owner=perennial --mode=0700 /var/lib/perennial
USER perennial

CMD ["python", "worker.py"]
