# SPDX-License-Identifier: ISC
# The same build in a container: the bytes are those of a build outside, whatever this base and
# its compiler are, since they only make ./ingot. README.md has the `docker run` flags that the
# sandbox needs; without them a build stops and says so.
FROM debian:bookworm-slim
RUN apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
		gcc libc6-dev make pkg-config libsodium-dev libxxhash-dev libinih-dev \
		libzstd-dev libarchive-dev libjansson-dev libseccomp-dev libnftnl-dev bubblewrap curl \
		ca-certificates apt gpgv debian-archive-keyring && \
	rm -rf /var/lib/apt/lists/*
COPY . /ingot
# Any user of the engine's --user reads the tree and writes to the store, whatever the umask was
# that the tree was checked out with.
RUN make -C /ingot -s -j"$(nproc)" ingot && chmod -R a+rX /ingot && useradd -m builder && \
	install -d -o builder -m 1777 /store /work /work/out
USER builder
WORKDIR /work
ENV INGOT_STORE=/store
VOLUME /store
ENTRYPOINT ["/ingot/ingot"]
CMD ["doctor"]
