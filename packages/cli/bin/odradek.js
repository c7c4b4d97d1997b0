#!/usr/bin/env node
import '../dist/odradek.bundle.js'
