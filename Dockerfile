# One image for both binaries: `bun run api` and `bun run worker`; the target `benchmark` adds `bun run bench`.
# The Makefile's BUN_VERSION.
ARG BUN_VERSION=1.4.5

# Bun from its package, by the digest of what is in it: infrastructure/docker/bun/sha256sums has one for each processor.
FROM node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS bun
ARG BUN_VERSION
ARG TARGETARCH
WORKDIR /bun
COPY infrastructure/docker/bun/sha256sums ./
RUN case $TARGETARCH in arm64) build=linux-aarch64 ;; *) build=linux-x64-baseline ;; esac \
  && npm pack "@oven/bun-$build@$BUN_VERSION" \
  && sha256sum --check --ignore-missing sha256sums \
  && tar -xzf oven-bun-*.tgz --strip-components=2 package/bin/bun

FROM debian:13-slim@sha256:d7e12182ce18b85b93007c1dedf31f2d29e01ccf3182cc4017c709b6259bc132 AS base
COPY --from=bun /bun/bun /usr/local/bin/bun
RUN useradd --uid 1000 --create-home bun
WORKDIR /app

FROM base AS dependencies
COPY package.json bun.lock bunfig.toml ./
# The lock file names them.
COPY patches patches
# No script of a package runs, here or anywhere else.
RUN bun install --frozen-lockfile --production --ignore-scripts

FROM base AS platform
# Within a container every address is its own: what is reachable from outside is decided by what is published.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8001 BUN_JSC_forceRAMSize=240000000
# All of it belongs to root: the platform can't change its own code.
COPY --from=dependencies /app/node_modules node_modules
COPY package.json bunfig.toml tsconfig.json README.md LICENSE ./
COPY docs docs
COPY examples examples
COPY sql sql
COPY src src
COPY workers workers
RUN ["bun", "src/page/build.ts"]
USER bun
EXPOSE 8001
# A sign of life, not of readiness: a database that is out is no reason to kill a process. On the port of the metrics where
# there is one, which a worker has too. By the shell, which knows no HTTP_PROXY and is there in milliseconds.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "port=${METRICS_PORT:-$PORT}; exec 3<>/dev/tcp/127.0.0.1/$port && printf 'GET /health HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\nConnection: close\\r\\n\\r\\n' $port >&3 && read -r -t 4 status <&3 && [[ $status == 'HTTP/1.1 200 '* ]]"]
CMD ["bun", "run", "api"]

FROM platform AS benchmark
COPY bench bench
# The bench can start the services itself, where they are installed.
COPY infrastructure infrastructure

# The last one is what is built unless another is asked for.
FROM platform
