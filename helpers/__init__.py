"""Shared code of the lessons, one module a lesson.

========================  =======================================  ========
module                    what it holds                            built in
========================  =======================================  ========
``helpers.data``          file -> dataset                          lesson 01
``helpers.batching``      dataset -> padded batches                lesson 02
``helpers.model``         checkpoint -> tokenizer and model        lesson 03
``helpers.training``      batches + model -> fine-tuned model      lesson 04
``helpers.evaluation``    fine-tuned model -> honest numbers       lesson 05
``helpers.plots``         every figure, in one style               all
``helpers.lesson``        set-up cell, presets, downloads          all
``helpers.messages``      what a learner reads, in two languages   all
``helpers.pretraining``   the mini IndoBERT, from text to weights  --
``helpers.notebooks``     running and refreshing the lessons       --
========================  =======================================  ========

Nothing is imported here, so that ``import helpers.data`` brings in only what
it needs.
"""
