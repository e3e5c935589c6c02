// The cells of a file of positions (um, one "x y z" a line) in a cube of 1 mm with oxygen, run with
// PhysiCell for so many minutes: main POSITIONS MINUTES THREADS [still]. With "still" neither
// diffusion nor mechanics are stepped, and the cells walk. Prints the seconds of the main loop.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <omp.h>
#include "./core/PhysiCell.h"
#include "./modules/PhysiCell_standard_modules.h"

using namespace BioFVM;
using namespace PhysiCell;

static void no_velocity(Cell* cell, Phenotype& phenotype, double dt)
{
    cell->update_motility_vector(dt);
    cell->velocity += phenotype.motility.motility_vector;
}

int main(int argc, char** argv)
{
    if (argc < 4) { return 2; }
    const double minutes = atof(argv[2]);
    const bool still = argc > 4 && !strcmp(argv[4], "still");
    omp_set_num_threads(atoi(argv[3]));
    SeedRandom(1);
    default_microenvironment_options.X_range = {-500, 500};
    default_microenvironment_options.Y_range = {-500, 500};
    default_microenvironment_options.Z_range = {-500, 500};
    default_microenvironment_options.dx = 20;
    default_microenvironment_options.dy = 20;
    default_microenvironment_options.dz = 20;
    default_microenvironment_options.simulate_2D = false;
    microenvironment.set_density(0, "oxygen", "mmHg", 1e5, 0.1);
    default_microenvironment_options.outer_Dirichlet_conditions = true;
    default_microenvironment_options.Dirichlet_condition_vector = {38};
    default_microenvironment_options.initial_condition_vector = {38};
    initialize_microenvironment();
    create_cell_container_for_microenvironment(microenvironment, 30);
    initialize_default_cell_definition();
    cell_defaults.phenotype.secretion.sync_to_microenvironment(&microenvironment);
    cell_defaults.phenotype.secretion.uptake_rates[0] = 10;
    cell_defaults.functions.update_phenotype = NULL;
    cell_defaults.functions.cycle_model = live;
    cell_defaults.phenotype.cycle.sync_to_cycle_model(live);
    cell_defaults.phenotype.cycle.data.transition_rate(0, 0) = 0;
    cell_defaults.phenotype.death.rates.assign(cell_defaults.phenotype.death.rates.size(), 0);
    cell_defaults.phenotype.motility.is_motile = true;
    cell_defaults.phenotype.motility.migration_speed = 1;
    cell_defaults.phenotype.motility.persistence_time = 10;
    if (still) { cell_defaults.functions.update_velocity = no_velocity; }
    build_cell_definitions_maps();
    std::ifstream file(argv[1]);
    double x, y, z;
    long count = 0;
    while (file >> x >> y >> z)
    {
        Cell* cell = create_cell(cell_defaults);
        cell->assign_position(x - 500, y - 500, z - 500);
        count++;
    }
    auto begin = std::chrono::steady_clock::now();
    const long steps = lround(minutes / diffusion_dt);
    for (long step = 0; step < steps; step++)
    {
        if (!still) { microenvironment.simulate_diffusion_decay(diffusion_dt); }
        ((Cell_Container*)microenvironment.agent_container)->update_all_cells(PhysiCell_globals.current_time);
        PhysiCell_globals.current_time += diffusion_dt;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::vector<double> middle = {1, 1, 1};
    std::printf("cells %ld minutes %g seconds %.3f oxygen %.6f\n", count, minutes, seconds,
                microenvironment.density_vector(microenvironment.nearest_voxel_index(middle))[0]);
    return 0;
}
