;; SPDX-FileCopyrightText: The wasm-controller-manager Authors
;; SPDX-License-Identifier: Apache-2.0
;;
;; A guest of a version of the contract that does not exist yet.
(module
  (memory (export "memory") 3)
  (func (export "wcm_abi_v7"))
)
