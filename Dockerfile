ARG PYTHON_IMAGE=python:3.11-slim-bookworm
# The same Python in a whole Debian, which has `strip`.
ARG BUILD_IMAGE=python:3.11-bookworm

FROM ${BUILD_IMAGE} AS build
# Or `tracing`, for OpenTelemetry's SDK besides (12 MB).
ARG REQUIREMENTS=runtime
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/tracing.txt requirements/
# The service's environment gets no pip; the image's own installs into it. Wheels only: nothing is
# compiled here, so no compiler is needed.
RUN python -m venv --without-pip /opt/kafka-mailer \
    && pip install --require-hashes --only-binary :all: --requirement requirements/build.txt \
    && pip --python /opt/kafka-mailer/bin/python install --no-compile \
        --require-hashes --only-binary :all: --requirement "requirements/$REQUIREMENTS.txt" \
    && find /opt/kafka-mailer -name '*.so' -type f -exec strip --strip-unneeded {} + \
    && find /opt/kafka-mailer -name '*.py[xdi]' -type f -delete \
    # rich needs these only to colour code and Markdown, which no command prints.
    && rm -rf /opt/kafka-mailer/lib/python3*/site-packages/pygments \
        /opt/kafka-mailer/lib/python3*/site-packages/markdown_it
COPY pyproject.toml README.md LICENSE ./
COPY app app
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/kafka-mailer/bin/python install --no-compile --no-deps --no-index \
        /wheels/*.whl \
    # Compiles what the service imports, which is half of what is installed.
    && /opt/kafka-mailer/bin/python -I -c "import app, importlib, pkgutil; [importlib.import_module(each.name) for each in pkgutil.walk_packages(app.__path__, 'app.') if not each.name.endswith('__main__')]"

FROM ${PYTHON_IMAGE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kafka-mailer" \
    org.opencontainers.image.description="Reads email messages from Kafka, sends them through SMTP relays, and loses none." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 mailer \
    && useradd --uid 10001 --gid mailer --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin mailer
COPY --from=build /opt/kafka-mailer /opt/kafka-mailer
ENV PATH=/opt/kafka-mailer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/empty
USER 10001:10001
EXPOSE 8081
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["kafka-mailer", "health", "--live"]
ENTRYPOINT ["kafka-mailer"]
