# Two images of one version: `hub`, an instance, and `nginx`, which has the static files of that very
# version in it. A volume between the two would outlive an upgrade, and would not reach a second machine.

FROM python:3.11-slim-bookworm AS packages
COPY constraints.txt /
RUN python -m venv /venv
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r /constraints.txt

FROM python:3.11-slim-bookworm AS code
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY hub hub
COPY templates templates
COPY notifications notifications
# Compiled here, since nothing can be written there.
RUN python -m compileall -q hub notifications
ENV HUB_STATIC=/app/staticfiles
RUN python manage.py collectstatic --noinput --verbosity 0

FROM nginx:1.30 AS nginx
COPY --from=code /app/staticfiles /srv/static
COPY nginx/nginx.conf.template /etc/nginx/templates/nginx.conf.template
# An empty volume takes its owner from here.
RUN install -d -o 101 -g 101 /certificates
USER 101:101

FROM code AS hub
# Containers have the network to themselves: who reaches this port is decided by the networks they share.
ENV HUB_HOST=0.0.0.0 HUB_PORT=8000
EXPOSE 8000
# A number, so that a volume's owner can be set without asking the image; there is no such user in it.
USER 10001:10001
STOPSIGNAL SIGTERM
# bash is its own client here: a Python that starts for each question costs a hundred times that.
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$HUB_PORT && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["python", "manage.py"]
CMD ["serve"]
