// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane/bootstrap"
)

// startEtcd starts a single member that listens on sockets in the working
// directory. The caller closes it.
func startEtcd(dir bootstrap.Dir, fsync bool) (*embed.Etcd, error) {
	cfg := embed.NewConfig()
	cfg.Name = name
	cfg.Dir = dir.Etcd()
	cfg.UnsafeNoFsync = !fsync

	client, err := url.Parse(bootstrap.EtcdURL)
	if err != nil {
		return nil, err
	}
	peer, err := url.Parse(bootstrap.EtcdPeerURL)
	if err != nil {
		return nil, err
	}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	cfg.EnableGRPCGateway = false

	shrink(cfg)
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(newEtcdLogger())
	return embed.StartEtcd(cfg)
}

// shrink trades what a cluster needs for what a laptop likes: a member that is
// alone elects itself in half a second rather than two, keeps few entries for
// the followers that it does not have, and writes a small log. Faster ticks
// than these cost more CPU when idle than they save at the start.
func shrink(cfg *embed.Config) {
	cfg.TickMs, cfg.ElectionMs = 50, 250
	cfg.SnapshotCount, cfg.SnapshotCatchUpEntries = 2000, 100
	cfg.QuotaBackendBytes = 4 << 30 // five minutes of a heavy benchmark, until the next compaction
	cfg.MaxSnapFiles, cfg.MaxWalFiles = 1, 1
	wal.SegmentSizeBytes = 8 << 20
}

// newEtcdLogger writes warnings to the log file, which [openLog] has put in
// the place of standard error.
func newEtcdLogger() *zap.Logger {
	format := zap.NewProductionEncoderConfig()
	format.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewConsoleEncoder(format)
	return zap.New(zapcore.NewCore(encoder, zapcore.AddSync(os.Stderr), zap.WarnLevel)).Named("etcd")
}
