# The bridge as an image. test/packaging/image.test.ts takes the same steps in a clean folder on every test run.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# optional packages bring a Node of their own for old hosts; this image has the right one
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# where the health check asks; changes with "http.port" of the configuration
ENV AUTHEN_BRIDGE_HEALTH_URL=http://127.0.0.1:8080/healthz
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY adapters ./adapters
COPY queues ./queues
COPY db ./db
# all that is ever written: the ledger, when it is SQLite ("store": "sqlite:/data/bridge.db"), and the key of the tokens
# ("secrets": { "keyFile": "/data/secret.key" })
RUN install -d -o node -g node /data
VOLUME /data
# what Node has stripped of types and compiled, by the user who is to run it: smaller and sooner there than without
RUN install -d -o node -g node /app/node_modules/.cache
USER node
RUN node src/launch.mjs --warm
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch(process.env.AUTHEN_BRIDGE_HEALTH_URL).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/launch.mjs", "start", "--config", "/config/authen-bridge.config.json"]
