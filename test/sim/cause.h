/*
 * cause.h - bodies and whom they name. Included by sim.h.
 */
#ifndef MESCHAIN_SIM_CAUSE_H
#define MESCHAIN_SIM_CAUSE_H

/* body.c */
extern void sim_body_root(const SimBody *body, McHash *root);
extern const SimBody *sim_body_held(const SimNode *node, const McHash *hash);
extern void sim_body_take(SimNode *node, const PbftHeader *header, const McHash *hash,
						  const SimBody *body);
extern void sim_body_free(SimNode *node);
extern void sim_exec_root(const McHash *previous, const SimBlock *block, McHash *root);

/* cause.c */
extern void sim_cause_seen(SimNode *node, const PbftEffect *effect);
extern void sim_cause_draw(SimNode *node, SimBody *body);
extern void sim_cause_named(const SimNode *node, const SimBody *body, PbftCauses *causes);
extern void sim_check_named(const SimNode *node, const PbftHeader *header);

#endif
